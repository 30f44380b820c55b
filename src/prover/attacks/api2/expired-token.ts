import type { Attack } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import { openSession, withSessionOwner } from './own-session.ts'
import { SIGNER_REQUESTS, signerOf, tokenSigner } from './token-signer.ts'
import { jwtTarget, TARGET_REQUESTS, tokenCases } from './token-target.ts'
import { tryTokens } from './try-tokens.ts'

const HOUR_SECONDS = 3600
/** More than any tolerance of clocks. */
const PATIENCE_MILLISECONDS = 330_000

export const expiredToken: Attack = {
  id: 'expired-token',
  number: 36,
  risk: 'API2',
  severity: 'high',
  cwe: 613,
  title: 'A token is taken after it has expired',
  references: ['OWASP API2:2023', 'RFC 7519 section 4.1.4', 'ASVS 5.0 9.2.1'],
  maxRequests: TARGET_REQUESTS + SIGNER_REQUESTS * 2 + 4,
  oracle: 'The real claims with an expiry an hour ago, or a real token after its time, are answered as before.',
  fix: 'Check `exp` on every request, cached verifications included, with at most a minute of tolerance.',
  // Waiting moves the clock of everybody, so it waits for its turn.
  phase: 'exhausting',
  cases: (plan) => tokenCases(plan),
  async run({ operation, owner }, probe) {
    if (!operation) return pass()
    return (
      (await bySignature(operation, owner, probe)) ?? withSessionOwner(probe, (who) => byWaiting(operation, who, probe))
    )
  },
}

/** Null where nothing can be signed. */
async function bySignature(operation: Operation, owner: string | undefined, probe: Probe): Promise<Verdict | null> {
  try {
    const target = await jwtTarget(operation, owner, probe)
    if (typeof target.jwt.claims.exp !== 'number' || (await signerOf(target, probe)) === null) return null
    const sign = await tokenSigner(target, probe)
    const now = Math.floor(probe.now() / 1000)
    const past = { ...target.jwt.claims, iat: now - 2 * HOUR_SECONDS, exp: now - HOUR_SECONDS }
    return tryTokens(probe, target, [{ told: 'that expired an hour ago', token: await sign(past) }])
  } catch (error) {
    if (error instanceof NotTested) return null
    throw error
  }
}

async function byWaiting(operation: Operation, identity: Identity, probe: Probe): Promise<Verdict> {
  const { session, draft, control, isAlive } = await openSession(operation, identity, probe)
  if (session.expiresAt === null) throw new NotTested('nothing says when the tokens of this API expire')
  const left = session.expiresAt - probe.now()
  await probe.wait(Math.max(0, left) + (probe.timeIsOurs ? PATIENCE_MILLISECONDS : 1000))
  const answer = await probe.send(draft, session)
  return isAlive(answer)
    ? fail(`${operation.id} takes a token after its expiry`, control, answer)
    : pass(`after its expiry the token is answered ${answer.status}`, control, answer)
}
