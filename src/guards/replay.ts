import { createHash, randomUUID } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import type { Principal } from '../contract/principal.ts'
import type { Claims } from '../stores/store.ts'

/** A structured-field string; without its quotes too, since most clients send it so. */
const KEY = /^("?)([A-Za-z0-9_-]{8,128})\1$/
const KEY_FORM = 'Idempotency-Key must be 8 to 128 characters of A-Z a-z 0-9 _ -'
const KEEP_MILLISECONDS = 24 * 3600 * 1000
/** Beyond the deadline, so that a slow holder is not overtaken while it commits. */
const LEASE_MARGIN_MILLISECONDS = 30_000

/** A right to run once. Its holder completes it inside the transaction of its writes, or releases it. */
export interface Claim {
  readonly key: string
  readonly holder: string
}

export interface Replayed {
  readonly key: string
  /** The sealed text of the stored reply. */
  readonly reply: string
}

/**
 * Step 8 (draft-ietf-httpapi-idempotency-key-header): the same principal, endpoint, key and payload get the same reply, and one run.
 * @returns Null without a key where none is required.
 * @throws {Refusal} 400 missing or malformed, 409 in flight, 422 another payload or other rights.
 */
export async function replay(
  request: {
    readonly header: string | undefined
    readonly method: string
    readonly path: string
    readonly query: string
    readonly bytes: Uint8Array
  },
  endpoint: Endpoint,
  principal: Principal,
  claims: Claims,
  now: number,
): Promise<Claim | Replayed | null> {
  if (endpoint.idempotency === 'none') return null
  if (request.header === undefined) {
    if (endpoint.idempotency === 'required') throw new Refusal('idempotency_key_missing')
    return null
  }
  // Nobody has no name to keep a reply under: another nobody would get it.
  if (principal.kind === 'nobody') return null
  const text = KEY.exec(request.header)?.[2]
  if (text === undefined) throw new Refusal('bad_header', { detail: KEY_FORM, description: KEY_FORM })
  const claim: Claim = { key: `idempotency:${digest(principal.key, endpoint.id, text)}`, holder: randomUUID() }
  const verdict = await claims.claim({
    ...claim,
    // With the caller's rights: the reply was projected for them, and is not for an API key or for whoever lost a role since.
    fingerprint: digest(request.method, request.path, request.query, request.bytes, rightsOf(principal)),
    at: new Date(now),
    leaseUntil: new Date(now + endpoint.limit.timeoutMilliseconds + LEASE_MARGIN_MILLISECONDS),
    expiresAt: new Date(now + KEEP_MILLISECONDS),
  })
  switch (verdict.outcome) {
    case 'claimed':
      return claim
    case 'held':
      throw new Refusal('idempotency_in_flight', { headers: { 'retry-after': '1' } })
    case 'mismatch':
      throw new Refusal('idempotency_mismatch')
    case 'done':
      if (verdict.reply === null) throw new Refusal('conflict', { detail: 'the first reply was not kept' })
      return { key: claim.key, reply: verdict.reply }
  }
}

function rightsOf({ kind, roles, scopes, factors }: Principal): string {
  return JSON.stringify([kind, [...roles].sort(), [...scopes].sort(), factors])
}

/** Length-prefixed, so that no two lists of parts read alike. */
function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('base64url')
}
