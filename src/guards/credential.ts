import { Refusal } from '../base/refusal.ts'
import type { Authenticated, Credential, Rejected } from '../identity/identity.ts'

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i

/** The credential of a request: the Authorization header and nothing else, never the query (RFC 6750 section 2; ASVS 14.2.1). */
export function readCredential(authorization: string | undefined): Credential | null {
  if (authorization === undefined) return null
  const value = authorization.length <= 8192 ? BEARER.exec(authorization)?.[1] : undefined
  if (value === undefined) {
    throw new Refusal('invalid_token', {
      detail: 'Authorization is not of the form "Bearer <token>"',
      description: 'Only bearer tokens are accepted',
      headers: challenge('invalid_token', 'Only bearer tokens are accepted'),
    })
  }
  return { scheme: 'bearer', value }
}

/**
 * Step 4: a credential that was verified, or a refusal that tells expired from invalid (RFC 6750 section 3.1).
 * A wrong credential is refused even where none is needed: a client that sends one means to be somebody.
 */
export function requireVerified(verified: Authenticated | Rejected): Authenticated {
  if (!('rejected' in verified)) return verified
  const description = verified.rejected === 'expired' ? 'The access token expired' : 'The access token is not valid'
  throw new Refusal('invalid_token', {
    detail: verified.detail,
    description,
    headers: challenge('invalid_token', description),
  })
}

function challenge(error: string, description: string): Record<string, string> {
  return { 'www-authenticate': `Bearer error="${error}", error_description="${description}"` }
}
