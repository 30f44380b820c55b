import { createHash, createHmac, randomUUID } from 'node:crypto'
import { Refusal } from '../base/refusal.ts'
import { equalBytes, type Secret } from '../base/secret.ts'
import type { SignedBody } from '../contract/body.ts'
import type { Claims } from '../stores/store.ts'

/**
 * Step 7 for inbound webhooks (OWASP API10): signed by the sender over time and bytes, and recent.
 * @returns A key for this delivery, to be taken once.
 * @throws {Refusal} 401 for a wrong or old signature.
 */
export function signedBody(
  body: SignedBody,
  request: { readonly headers: ReadonlyMap<string, string>; readonly bytes: Uint8Array },
  secret: Secret,
  now: number,
): string {
  const timestamp = request.headers.get(body.timestampHeader) ?? ''
  const given = request.headers.get(body.signatureHeader) ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || !/^[0-9a-f]{64}$/.test(given))
    throw denied('the signature or its time is missing or malformed')
  const expected = createHmac('sha256', secret.reveal()).update(`${timestamp}.`).update(request.bytes).digest()
  if (!equalBytes(Buffer.from(given, 'hex'), expected)) throw denied('the signature does not match')
  if (!(Math.abs(now / 1000 - Number(timestamp)) <= body.toleranceSeconds))
    throw denied('the signature is too old or from the future')
  return `webhook:${body.sender}:${createHash('sha256').update(given).digest('base64url')}`
}

/**
 * Step 8 for inbound webhooks: a delivery is taken once; one that failed may be sent again.
 * @returns The claim that its handler completes.
 * @throws {Refusal} 409 for a delivery that was taken before.
 */
export async function takeDelivery(
  key: string,
  body: SignedBody,
  claims: Claims,
  now: number,
): Promise<{ readonly key: string; readonly holder: string }> {
  const claim = { key, holder: randomUUID() }
  const verdict = await claims.claim({
    ...claim,
    fingerprint: '',
    at: new Date(now),
    leaseUntil: new Date(now + 60_000),
    expiresAt: new Date(now + 2 * body.toleranceSeconds * 1000),
  })
  if (verdict.outcome !== 'claimed') throw new Refusal('conflict', { detail: 'the delivery was taken before' })
  return claim
}

function denied(detail: string): Refusal {
  return new Refusal('invalid_credentials', { detail })
}
