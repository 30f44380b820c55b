import type { CredentialPlace, IdentityPlan } from './plan.ts'

/**
 * Somebody of whom only a token is known, as `--as alice=…` gives it.
 * @param place - Where the token goes: as the recording or the document shows it.
 */
export function identityOfToken(name: string, token: string, place: CredentialPlace): IdentityPlan {
  const kind = /^(?:admin|root|superuser)/i.test(name) ? 'admin' : 'user'
  // Pasted from a header the token may still have its word before it.
  const bare = place.prefix !== '' && token.startsWith(place.prefix) ? token.slice(place.prefix.length) : token
  return {
    name,
    kind,
    tenant: null,
    roles: kind === 'admin' ? ['admin'] : [],
    spare: false,
    account: null,
    subject: null,
    place,
    source: { kind: 'token', token: bare },
  }
}
