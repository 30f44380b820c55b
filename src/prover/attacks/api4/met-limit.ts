import type { Case } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { burst, declaredRate, isLimited } from './limits.ts'

/** So many requests are sent to meet a limit; a limit above is not met. */
export const MOST_TO_MEET = 40

/** A request of nobody that is limited now. */
export interface MetLimit {
  readonly draft: Draft
  /** How it is answered when it is not limited. */
  readonly plain: Answer
  readonly limited: Answer
  /** @throws {Inconclusive} When the limit is over: what was let through since proves nothing. */
  stillOn(): Promise<Answer>
}

/**
 * Where a limit is expected that counts callers without a name: the login, else the public operation with the smallest one.
 */
export function limitedCases(plan: Plan): readonly Case[] {
  const open = plan.operations.filter(
    ({ access, leftOut, purpose }) => access === 'public' && !leftOut && purpose !== 'webhook',
  )
  const count = (each: (typeof open)[number]) => declaredRate(each)?.count ?? Number.POSITIVE_INFINITY
  const login = plan.operations.find(({ id, leftOut }) => id === plan.auth.login && !leftOut)
  const smallest = open.filter((each) => count(each) <= MOST_TO_MEET).sort((one, other) => count(one) - count(other))
  const operation =
    login ?? smallest[0] ?? open.find(({ read }) => read.responses.some(({ status }) => status === '429'))
  return operation ? [{ operation }] : []
}

/** Spends a limit as nobody: at the login with an account that does not exist, so that nobody is locked out. */
export async function meetLimit(probe: Probe, { operation }: Case): Promise<MetLimit> {
  const model = probe.run.identities[0]
  if (!operation || model === undefined) throw new NotTested('needs an identity; add --as alice=…')
  const draft = await probe.draft(operation, model)
  const send = () => probe.send(draft, probe.nobody, { anyStatus: true, meetsLimits: true })
  const started = probe.now()
  const met = await burst(MOST_TO_MEET, send)
  if (met.limited === null)
    throw new NotTested(
      `no limit was met within ${met.sent} requests on ${operation.id}, so there is none to go around`,
    )
  const key = `unlimited ${operation.id}`
  if (met.sent > 1) await probe.shared(key, async () => met.first)
  // Where it was spent before this attack began, how it is answered otherwise is known, or seen when it is over.
  let isOver = false
  const plain = await probe.shared(key, () => {
    isOver = true
    return afterWaiting(probe, met.last, send)
  })
  const limited = isOver ? (await burst(MOST_TO_MEET, send)).limited : met.limited
  if (limited === null) throw new Inconclusive('the limit was met once and not again', plain)
  return {
    draft,
    plain,
    limited,
    async stillOn() {
      const answer = await send()
      if (isLimited(answer)) return answer
      throw new Inconclusive(`the limit was over after ${Math.round((probe.now() - started) / 1000)} s`, answer)
    },
  }
}

async function afterWaiting(probe: Probe, limited: Answer, send: () => Promise<Answer>): Promise<Answer> {
  await probe.wait((Number(limited.headers['retry-after'] ?? '60') || 60) * 1000 + 50)
  const answer = await send()
  if (isLimited(answer)) throw new Inconclusive('it is limited all along', limited, answer)
  return answer
}
