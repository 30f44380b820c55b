import type { Clock } from '../base/clock.ts'
import { equalBytes } from '../base/secret.ts'
import type { ApiKeyRecord, ApiKeys } from '../stores/store.ts'
import { parseApiKey } from './api-key-form.ts'
import type { Authenticated, Rejected } from './identity.ts'
import { VerifiedCache } from './verified-cache.ts'

const HOUR = 3_600_000

export interface ApiKeyVerifier {
  /** At once when the key was verified before. @throws {StoreError} */
  verify(key: string): Authenticated | Rejected | Promise<Authenticated | Rejected>
}

/**
 * Verifies API keys. A key is a client, never a user's session: it has scopes and no roles, and proves no factor (OWASP API2).
 * What was verified is remembered; a revoked key is refused all the same, since its id is asked for in step 5 like that of a token.
 */
export function apiKeyVerifier(keys: ApiKeys, issuer: string, cacheSize: number, clock: Clock): ApiKeyVerifier {
  const cache = new VerifiedCache(cacheSize, ['api keys', issuer])
  const touched = new Map<string, number>()

  async function touch(verified: Authenticated): Promise<Authenticated> {
    const id = verified.principal.tokenId as string
    const hour = Math.floor(clock.now() / HOUR)
    if (touched.get(id) === hour) return verified
    if (touched.size >= cacheSize) touched.clear()
    touched.set(id, hour)
    await keys.touch(id, new Date(clock.now()))
    return verified
  }

  async function verifyAnew(text: string, cacheKey: string): Promise<Authenticated | Rejected> {
    const parts = parseApiKey(text)
    if (!parts) return { rejected: 'invalid', detail: 'API key: malformed' }
    const record = await keys.byId(parts.id)
    const verified = judge(record, parts.hash, issuer, clock.now())
    if ('rejected' in verified) return verified
    cache.set(cacheKey, verified)
    return touch(verified)
  }

  return {
    verify(text) {
      const key = cache.keyOf(text)
      const known = cache.get(key, clock.now())
      if (known === undefined) return verifyAnew(text, key)
      if ('rejected' in known || touched.get(known.principal.tokenId as string) === Math.floor(clock.now() / HOUR))
        return known
      return touch(known)
    },
  }
}

function judge(record: ApiKeyRecord | null, hash: string, issuer: string, now: number): Authenticated | Rejected {
  if (!record || !equalBytes(Buffer.from(hash), Buffer.from(record.secretHash)))
    return { rejected: 'invalid', detail: 'API key: unknown' }
  if (record.revokedAt !== null) return { rejected: 'invalid', detail: `API key: ${record.id} was revoked` }
  if (!(now < record.expiresAt.getTime())) return { rejected: 'expired', detail: `API key: ${record.id} expired` }
  const principal = Object.freeze({
    kind: 'client' as const,
    key: record.ownerKey,
    issuer,
    id: record.ownerId,
    tenant: record.tenantId,
    roles: Object.freeze([]),
    scopes: Object.freeze([...record.scopes]),
    authenticatedAt: null,
    factors: 0,
    sessionId: null,
    tokenId: record.id,
  })
  // No session, so signing out everywhere leaves it alone: it ends by being revoked, by its expiry and with its owner.
  return Object.freeze({
    principal,
    epoch: null,
    issuedAt: Number.POSITIVE_INFINITY,
    expiresAt: record.expiresAt.getTime(),
  })
}
