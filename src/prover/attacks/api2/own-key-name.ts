import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import { hmacToken } from './jwt.ts'
import type { JwtTarget } from './token-target.ts'
import type { Forgery } from './try-tokens.ts'

/** A `kid` and what the key becomes when the API falls for it. */
export interface KeyName {
  readonly kid: string
  readonly secret: string
  readonly told: string
}

/** Requests of `namedKeyForgeries`. */
export const KEY_NAME_REQUESTS = 1

/**
 * Tokens under hostile key names.
 * @throws {NotTested} Where the same secret is taken under an ordinary name: then the name is not what does it.
 */
export async function namedKeyForgeries(
  { jwt, baseline, showing, accepts }: JwtTarget,
  probe: Probe,
  names: readonly KeyName[],
): Promise<readonly Forgery[]> {
  const forged = (kid: string, secret: string) => hmacToken({ ...jwt.header, alg: 'HS256', kid }, jwt.claims, secret)
  const ordinary = await probe.send(
    baseline.control.draft,
    showing(forged(`key-${probe.nonce()}`, names[0]?.secret ?? '')),
    { anyStatus: true },
  )
  if (accepts(ordinary))
    throw new NotTested('the same token is taken under any key name: see blank-secret and signature-damaged')
  return names.map(({ kid, secret, told }) => ({ told, token: forged(kid, secret) }))
}
