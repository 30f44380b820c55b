import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { reasonOf } from '../../world.ts'
import { again, freshStep, requireDone, requireUnsafe } from './flow-operations.ts'
import { LOOK_REQUESTS, measuresOf, moved } from './measures.ts'
import { onceCases } from './once-repeated.ts'
import { ticketField } from './tickets.ts'

const AT_ONCE = 10

export const onceInParallel: Attack = {
  id: 'once-in-parallel',
  number: 89,
  risk: 'API6',
  severity: 'high',
  cwe: 362,
  title: 'A step that may happen once happens several times when it is called at once',
  references: ['OWASP API6:2023', 'ASVS 5.0 15.4.2', 'CWE-362'],
  maxRequests: 4 + AT_ONCE + 4 * LOOK_REQUESTS,
  oracle: `Of ${AT_ONCE} equal calls at once on a fresh object several succeed, and together they move at least twice of what one call moves; where the contract says "once", two successes with replies of their own are enough, and for a code that it is refused afterwards.`,
  fix: 'Check and change in one atomic statement or under a lock; reading first and writing later leaves a gap that everybody fits into.',
  phase: 'exhausting',
  cases: onceCases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    const alice = probe.identity(owner)
    if (ticketField(operation) !== null) return ticketRace(operation, alice, probe)
    const one = await freshStep(operation, alice, probe)
    if (one.thing === null) throw new NotTested(`${operation.id} is about no object of which a fresh one could be made`)
    const start = await measuresOf(one.thing, alice, probe)
    const control = await probe.send(one.draft, alice)
    requireDone(operation, control)
    const single = moved(start, await measuresOf(one.thing, alice, probe))

    const many = await freshStep(operation, alice, probe)
    const before = await measuresOf(many.thing, alice, probe)
    const { done, judged } = await atOnce(many.draft, alice, probe)
    const together = moved(before, await measuresOf(many.thing, alice, probe))
    if (done.length === 1) return pass(`one of ${judged.length} succeeded`, ...judged)
    const more = [...single].filter(([key, by]) => (together.get(key) ?? 0) / by >= 2)
    const cause = `repeated ${operation.id}`
    if (more.length > 0) {
      const told = more.map(([key, by]) => `${key} by ${together.get(key)} in place of ${by}`).join(', ')
      return {
        ...fail(`${done.length} of ${AT_ONCE} calls at once succeeded and moved ${told}`, control, ...done),
        cause,
      }
    }
    if (distinct(done).length === 1) return pass(`${done.length} calls are given one and the same reply`, ...done)
    if (operation.extension?.flow?.once)
      return {
        ...fail(`${done.length} of ${AT_ONCE} calls at once succeeded although the contract says once`, ...done),
        cause,
      }
    if (single.size > 0) return pass(`${done.length} calls succeeded, and together moved no more than one`, ...done)
    throw new Inconclusive(`${done.length} calls at once succeeded, and nothing shows what they moved`, ...done)
  },
}

async function atOnce(
  draft: BuiltDraft,
  alice: Identity,
  probe: Probe,
): Promise<{ readonly done: readonly Answer[]; readonly judged: readonly Answer[] }> {
  const answers = await probe.atOnce(
    Array.from({ length: AT_ONCE }, () => again(draft)),
    alice,
  )
  const done = answers.filter(succeeded)
  // Limits and crashes say nothing of the race.
  const judged = answers.filter(({ status }) => status > 0 && status < 500 && status !== 429)
  if (done.length === 0 || judged.length < 2)
    throw new Inconclusive(
      `of ${AT_ONCE} calls at once ${done.length} succeeded and ${judged.length} were answered at all`,
      ...answers,
    )
  return { done, judged }
}

/** Codes are few, so none is spent on a first call alone: that the code works once shows afterwards, when it is refused. */
async function ticketRace(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const { draft } = await freshStep(operation, alice, probe)
  const { done, judged } = await atOnce(draft, alice, probe)
  if (done.length === 1) return pass(`one of ${judged.length} succeeded`, ...judged)
  const later = await probe.send(again(draft), alice)
  if (succeeded(later)) return pass('the code works as often as it is used: see once-repeated', ...done, later)
  if (later.status === 401) throw new Inconclusive('the credential did not last', later)
  return {
    ...fail(
      `${done.length} of ${AT_ONCE} calls at once succeeded with one code, which is refused afterwards (${later.status}${reasonOf(later)})`,
      ...done,
      later,
    ),
    cause: `repeated ${operation.id}`,
    ...(distinct(done).length > 1 ? {} : { severity: 'medium' as const }),
  }
}

const distinct = (answers: readonly Answer[]): readonly Answer[] =>
  answers.filter((answer, index) => answers.slice(0, index).every((earlier) => differs(earlier, answer)))
