import type { Attack, Case, Untested } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { shownThing } from '../api3/shown-object.ts'
import { firstUser } from '../pairs.ts'
import { freshStep, lastWord, requireDone, requireUnsafe, stepOn, subjectOf } from './flow-operations.ts'

export const stepSkipped: Attack = {
  id: 'step-skipped',
  number: 90,
  risk: 'API6',
  severity: 'high',
  cwe: 841,
  title: 'A step succeeds although the step before it was never taken',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.3.1', 'CWE-841'],
  maxRequests: 8,
  oracle:
    'On a fresh object the later step succeeds without the earlier one; in the right order it succeeds too (the control). Without a contract the object must also end in the very state that the right order leads to.',
  fix: 'Keep the state of the flow on the server and let each step check, in its own statement, that the object is in the state that the step before leaves.',
  phase: 'exhausting',
  cases,
  async run({ operation: later, owner, variant }: Case, probe) {
    const earlier = probe.operation(variant ?? null)
    if (!later || !earlier) throw new NotTested(`the step ${variant ?? ''} is not in the document`)
    requireUnsafe(probe)
    // A step that is about no object is remembered for whoever took it.
    const alice = subjectOf(earlier) === null ? await probe.throwaway() : probe.identity(owner)
    const skipped = await freshStep(later, alice, probe)
    const start = await stateOf(skipped.thing, probe)
    const direct = await probe.send(skipped.draft, actor(later, alice, probe))
    const skippedTo = await stateOf(skipped.thing, probe)

    const right = await freshStep(earlier, alice, probe)
    const first = await probe.send(right.draft, actor(earlier, alice, probe))
    requireDone(earlier, first)
    await probe.wait((later.extension?.flow?.minimumSeconds ?? 0) * 1000)
    const second = await probe.send(await stepOn(later, right.thing, alice, probe), actor(later, alice, probe))
    if (!succeeded(second))
      throw new Inconclusive(`${later.id} is answered ${second.status} in the right order too`, direct, first, second)
    if (!succeeded(direct)) return pass(`without ${earlier.id} it is answered ${direct.status}`, direct, first, second)
    const state = await stateOf(right.thing, probe)
    if (later.extension === null && (state === null || state === start || state !== skippedTo))
      throw new Inconclusive(
        `${later.id} succeeds without ${earlier.id}, and nothing shows what state it leads to`,
        direct,
        second,
      )
    return fail(
      `${later.id} succeeds without ${earlier.id}${state === null ? '' : ` (${start} → ${skippedTo})`}`,
      second,
      direct,
    )
  },
}

/** Where nobody may be right to go on without the step before: [before, after]. */
const IN_ORDER: readonly (readonly [RegExp, RegExp])[] = [
  [/^(pay|payments?|charge)$/i, /^(ship|deliver|dispatch|fulfil{1,2}|refunds?|issue-?tickets?)$/i],
  [/^(approve|approval)$/i, /^(publish|payout|disburse|execute|release)$/i],
  [/^(verify|confirm)$/i, /^(withdraw|transfer|payout)$/i],
]

function* cases(plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  const pairs = plan.operations.flatMap((later) =>
    earlierOf(later, plan).map((variant) => ({ operation: later, variant })),
  )
  for (const pair of pairs)
    if (user) yield { ...pair, owner: user.name }
    else
      yield {
        operation: pair.operation,
        untested: 'needs an ordinary user; add --as alice=…, or a user under identities',
      }
  if (pairs.length === 0)
    yield {
      operation: null,
      untested: 'no step is known that needs another before it; say so with flow: { after: … } in x-turnpike',
    }
}

function earlierOf(later: Operation, { operations }: Plan): readonly string[] {
  if (later.method === 'GET' || later.leftOut) return []
  if (later.extension !== null) {
    const after = later.extension.flow?.after
    return after == null ? [] : [after.replaceAll(/:(\w+)/g, '{$1}')]
  }
  const [, stem] = /^(.*\/\{[^}]+\})\/[^/{}]+$/.exec(later.path) ?? []
  if (stem === undefined) return []
  const before = IN_ORDER.filter(([, after]) => after.test(lastWord(later)))
  const siblings = operations.filter(
    (each) => each.path.startsWith(`${stem}/`) && each.method !== 'GET' && !each.leftOut,
  )
  return siblings.filter((each) => before.some(([pattern]) => pattern.test(lastWord(each)))).map(({ id }) => id)
}

/** Shipping and approving may be an admin's part. */
const actor = ({ access }: Operation, owner: Identity, probe: Probe): Identity =>
  (access === 'admin' && probe.run.identities.find(({ plan }) => plan.kind === 'admin')) || owner

const STATE = /^(status|state|phase|stage)$/i

async function stateOf(thing: Thing | null, probe: Probe): Promise<string | null> {
  const reader = probe.operation(thing?.resource.read ?? null)
  if (thing === null || reader === null) return null
  const answer = await probe.send(await probe.draft(reader, thing.owner, { things: [thing] }), thing.owner)
  const shown = shownThing(answer.json, thing) ?? {}
  const found = Object.entries(shown).find(([name, value]) => STATE.test(name) && typeof value === 'string')
  return found === undefined ? null : String(found[1])
}
