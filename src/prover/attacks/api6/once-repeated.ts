import type { Attack, Case, Untested } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { again, freshStep, onceOperations, requireDone, requireUnsafe } from './flow-operations.ts'
import { LOOK_REQUESTS, measuresOf, moved } from './measures.ts'

export const onceRepeated: Attack = {
  id: 'once-repeated',
  number: 88,
  risk: 'API6',
  severity: 'high',
  cwe: 837,
  title: 'A step that may happen once happens twice',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.3.4', 'CWE-837'],
  maxRequests: 2 + 3 * LOOK_REQUESTS,
  oracle:
    'The same step on the same object succeeds a second time, and what it moves (a balance, an amount, a list) moves by the same again; where the contract says "once", a second success with a reply of its own is enough.',
  fix: 'Claim the step in the same transaction as its effect, with a unique key (object and step) or a conditional update (`where status = open`), and refuse the second one.',
  phase: 'exhausting',
  cases: onceCases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    const alice = probe.identity(owner)
    const { draft, thing } = await freshStep(operation, alice, probe)
    const before = await measuresOf(thing, alice, probe)
    const first = await probe.send(draft, alice)
    requireDone(operation, first)
    const between = await measuresOf(thing, alice, probe)
    const second = await probe.send(again(draft, probe), alice)
    if (!succeeded(second)) return pass(`the second time it is answered ${second.status}`, first, second)
    const [once, twice] = [moved(before, between), moved(between, await measuresOf(thing, alice, probe))]
    const same = [...once].filter(([key, by]) => twice.get(key) === by).map(([key, by]) => `${key} by ${by}`)
    const cause = `repeated ${operation.id}`
    if (same.length > 0)
      return { ...fail(`${operation.id} succeeds twice and moves twice: ${same.join(', ')}`, first, second), cause }
    if (!differs(first, second))
      return pass('the second call repeats the reply of the first and moves nothing', first, second)
    if (operation.extension?.flow?.once)
      return { ...fail(`${operation.id} succeeds twice although its contract says once`, first, second), cause }
    if (once.size > 0) return pass('the second call moves nothing of what the first moved', first, second)
    throw new Inconclusive(
      `${operation.id} is answered ${second.status} a second time, and nothing shows whether it happened twice`,
      first,
      second,
    )
  },
}

export function* onceCases(plan: Plan): Generator<Case | Untested> {
  yield* userCases(onceOperations(plan), plan)
  if (onceOperations(plan).length === 0)
    yield {
      operation: null,
      untested: 'no operation is known that may happen once; say so with flow: { once: true } in x-turnpike',
    }
}

/** These operations, each by an ordinary user. */
export function* userCases(operations: readonly Operation[], plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  for (const operation of operations)
    if (user) yield { operation, owner: user.name }
    else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
}
