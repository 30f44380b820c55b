import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { type AttackSeverity, fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { compact, type Jwt } from './jwt.ts'
import type { JwtTarget, TokenTarget } from './token-target.ts'

export interface Forgery {
  /** Completes the sentence "it takes a token …". */
  readonly told: string
  readonly token: string
  /** Where being taken is less grave than the attack's own severity says. */
  readonly severity?: AttackSeverity
}

/** Shows each token in turn. The first that is taken decides; one without a clear answer leaves the others to decide first. */
export async function firstTaken(
  probe: Probe,
  target: TokenTarget,
  forgeries: readonly Forgery[],
): Promise<
  { readonly taken: Forgery; readonly answer: Answer } | { readonly taken: null; readonly answer: Answer | null }
> {
  let unclear: Inconclusive | null = null
  let last: Answer | null = null
  for (const forgery of forgeries) {
    try {
      last = await probe.send(target.baseline.control.draft, target.showing(forgery.token))
    } catch (error) {
      if (!(error instanceof Inconclusive)) throw error
      unclear ??= error
      continue
    }
    if (target.accepts(last)) return { taken: forgery, answer: last }
  }
  if (unclear !== null) throw unclear
  return { taken: null, answer: last }
}

/** The verdict on wrong tokens: fails when one is taken. */
export async function tryTokens(probe: Probe, target: TokenTarget, forgeries: readonly Forgery[]): Promise<Verdict> {
  const { control } = target.baseline
  const { taken, answer } = await firstTaken(probe, target, forgeries)
  if (taken === null || answer === null)
    return pass(`${forgeries.length} wrong tokens were refused`, control.answer, ...(answer === null ? [] : [answer]))
  const verdict = fail(`${target.operation.id} takes a token ${taken.told}`, control.answer, answer)
  return taken.severity === undefined ? verdict : { ...verdict, severity: taken.severity }
}

/** The same for forged signatures: under one common cause where no signature is looked at whatsoever. */
export async function tryForgeries(probe: Probe, target: JwtTarget, forgeries: readonly Forgery[]): Promise<Verdict> {
  const verdict = await tryTokens(probe, target, forgeries)
  if (verdict.outcome !== 'fail') return verdict
  return (await ignoresSignature(probe, target)) ? { ...verdict, cause: 'signature-ignored' } : verdict
}

/** Requests of `tryForgeries` beside the forgeries themselves. */
export const CAUSE_REQUESTS = 1

/** Whether a token with a damaged signature is taken: then every other forgery is the same fault. */
export async function ignoresSignature(probe: Probe, target: JwtTarget): Promise<boolean> {
  const answer = await probe.send(target.baseline.control.draft, target.showing(withDamagedSignature(target.jwt)), {
    anyStatus: true,
  })
  return target.accepts(answer)
}

/** One bit of the signature's middle is flipped; its length and spelling stay sound. */
export function withDamagedSignature({ signed, signature }: Jwt): string {
  if (signature.length === 0) return compact(signed, Buffer.from('turnpike'))
  return compact(signed, withFlippedBit(signature, signature.length >> 1))
}

export function withFlippedBit(bytes: Buffer, index: number): Buffer {
  const damaged = Buffer.from(bytes)
  damaged[index] = (damaged[index] ?? 0) ^ 1
  return damaged
}
