import type { Attack, Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import { mayTouch, usersOf } from '../pairs.ts'
import { type GuardedCase, guardedControl, guardedReads, NOBODY_NAME, senderOf } from './guarded.ts'
import { prepareWrite, type Write } from './write-of.ts'

export const methodOverride: Attack = {
  id: 'method-override',
  number: 81,
  risk: 'API5',
  severity: 'high',
  cwe: 650,
  title: 'A header or field that renames the method goes around the guard',
  references: ['OWASP API5:2023', 'RFC 9110 section 9.1', 'ASVS 5.0 4.1.4'],
  maxRequests: 16,
  oracle: 'What is refused by its own method is shown or done when another method carries the name of the first.',
  fix: 'Take no method from headers, query or body; where old clients need it, rename before any guard runs and for POST alone.',
  phase: 'destructive',
  cases,
  async run(it: Case, probe) {
    const guarded = it as GuardedCase
    return guarded.operation.method === 'GET' ? asRead(guarded, probe) : asWrite(guarded, probe)
  },
}

const HEADERS = ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method']

/** The request under another method, with its own method said elsewhere. */
function carriers(draft: Draft): readonly Draft[] {
  const { method } = draft
  const post = { ...draft, method: 'POST' }
  const isObject = typeof draft.body === 'object' && draft.body !== null
  return [
    ...HEADERS.map((name) => ({ ...post, headers: [...draft.headers, [name, method] as const] })),
    { ...post, query: [...draft.query, ['_method', method] as const] },
    {
      ...post,
      body: { ...(isObject ? draft.body : {}), _method: method },
      mediaType: 'application/x-www-form-urlencoded',
    },
    { ...draft, method: 'GET', body: undefined, query: [...draft.query, ['_method', method] as const] },
  ].filter((each) => each.method !== method)
}

const asRead: (it: GuardedCase, probe: Parameters<Attack['run']>[1]) => ReturnType<Attack['run']> = async (
  it,
  probe,
) => {
  const { attacker, control, refused, reaches } = await guardedControl(probe, it)
  for (const draft of carriers(control.draft)) {
    const answer = await probe.send(draft, attacker, { anyStatus: true })
    if (reaches(answer))
      return fail(`${draft.method} in the name of GET shows ${it.attacker} ${it.operation.id}`, refused, answer)
  }
  return pass('no other method shows it', refused)
}

const asWrite: typeof asRead = async ({ operation, owner, attacker }, probe) => {
  const lower = senderOf(probe, attacker)
  const write = await prepareWrite(probe, operation, probe.identity(owner), 'real')
  if (write === null || !write.canTell) throw new NotTested(`nothing reads back what ${operation.id} does`)
  return overridden(probe, write, { operation, attacker }, lower).finally(() => write.restore?.())
}

async function overridden(
  probe: Probe,
  write: Write,
  { operation, attacker }: Pick<GuardedCase, 'operation' | 'attacker'>,
  lower: Identity | Sender,
): Promise<Verdict> {
  const refused = await probe.send(write.draft, lower)
  if ((await write.effect(refused)) !== null)
    throw new NotTested(`${operation.id} is open to ${attacker} as it is, so there is no guard to go around`)
  for (const draft of carriers(write.draft)) {
    const answer = await probe.send(draft, lower, { anyStatus: true })
    const effect = await write.effect(answer)
    if (effect !== null)
      return fail(
        `${draft.method} in the name of ${operation.method} has the effect for ${attacker}`,
        refused,
        answer,
        effect,
      )
  }
  return pass('no other method has the effect', refused)
}

/** One removal, one change, one guarded read: an override is a matter of the framework, not of the operation. */
function* cases(plan: Plan): Generator<GuardedCase | Untested> {
  const [alice, bob] = usersOf(plan)
  if (!alice) return
  for (const purpose of ['delete', 'update'] as const) {
    const operation = plan.operations.find((each) => each.purpose === purpose && isOnOwnObject(plan, each))
    if (!operation) continue
    const resource = plan.resources.find(({ name }) => name === operation.resource)
    const stranger = bob && resource && !mayTouch(operation, resource, bob) ? bob.name : NOBODY_NAME
    yield { operation, owner: alice.name, attacker: stranger }
  }
  const reads = [...guardedReads(plan, 1)]
  yield* reads.slice(0, 1)
}

function isOnOwnObject(plan: Plan, { resource: name, leftOut, access }: Operation): boolean {
  const resource = plan.resources.find((each) => each.name === name)
  const isPrivate = access !== 'public' && access !== 'admin' && !leftOut
  return isPrivate && resource !== undefined && !resource.isUser && resource.create !== null && resource.read !== null
}
