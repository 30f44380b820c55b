import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { IdentityPlan, Operation, Plan } from '../../plan/plan.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import { again } from '../api6/flow-operations.ts'
import { firstUser } from '../pairs.ts'
import { ADMIN_NEEDED, adminOf, type GuardedCase, isForAdmins, NOBODY_NAME, senderOf } from './guarded.ts'
import { lowerCallers } from './lower-callers.ts'
import { sameShape } from './same-shape.ts'
import { isReckless, prepareWrite, type Write } from './write-of.ts'

export const roleWrite: Attack = {
  id: 'role-write',
  number: 79,
  risk: 'API5',
  severity: 'critical',
  cwe: 862,
  title: 'A lower role, or nobody, changes what is meant for a higher one',
  references: ['OWASP API5:2023', 'ASVS 5.0 8.2.1'],
  maxRequests: 7,
  oracle:
    'What was written is there when its owner reads it; where nothing reads it, the answer is the kind that the admin gets.',
  fix: 'Ask for the role on the server before the handler runs, for every operation by default; a hidden button protects nothing.',
  phase: 'destructive',
  cases,
  async run(it: Case, probe) {
    const { operation, owner, attacker } = it as GuardedCase
    const lower = senderOf(probe, attacker)
    // Signing out would end a session that others use.
    const higher = operation.purpose === 'auth' ? await probe.throwaway() : probe.identity(owner)
    const asked = await prepareWrite(probe, operation, higher, 'missing')
    if (asked !== null) {
      // What is refused before anything is looked for needs no object that could be destroyed.
      const answer = await probe.send(asked.draft, lower)
      if (isDenial(answer.status)) return pass(`${attacker} is answered ${answer.status}`, answer)
    }
    const write = await prepareWrite(probe, operation, higher, 'real')
    if (write === null) return pass()
    const answer = await probe.send(write.draft, lower)
    if (isDenial(answer.status)) return pass(`${attacker} is answered ${answer.status}`, answer)
    const verdict = judged(write, it as GuardedCase, answer, {
      asOwner: () => probe.send(again(write.draft), write.owner),
      ofNothing: async () => (write.missing === null ? null : probe.send(await write.missing(), lower)),
    })
    return verdict.finally(() => write.restore?.())
  },
}

async function judged(
  write: Write,
  it: GuardedCase,
  answer: Answer,
  more: Parameters<typeof compared>[3],
): Promise<Verdict> {
  const effect = succeeded(answer) ? await write.effect(answer) : null
  if (effect !== null) return fail(`${it.attacker} had the effect of ${it.operation.id}`, answer, effect)
  return compared(write, it, answer, more)
}

const isDenial = (status: number): boolean => status === 401 || status === 403

/** Without an effect to read, the answer that the owner gets to the same request decides. */
async function compared(
  { canTell }: Write,
  { operation, owner, attacker }: GuardedCase,
  answer: Answer,
  more: { asOwner(): Promise<Answer>; ofNothing(): Promise<Answer | null> },
): Promise<Verdict> {
  if (succeeded(answer) && canTell) return pass(`${attacker} is answered ${answer.status}, and nothing changed`, answer)
  const control = await more.asOwner()
  if (!succeeded(control)) {
    const told = await foundForHim(operation, attacker, answer, control, more.ofNothing)
    if (told !== null) return told
    throw new Inconclusive(`${operation.id} answers ${owner} ${control.status} too`, control, answer)
  }
  // Where a rule keeps him out no success is meant for him; elsewhere it must be the admin's own kind of answer.
  if (!succeeded(answer) || (operation.rule === null && !sameShape(answer, control)))
    return pass(`${attacker} is answered ${answer.status}`, control, answer)
  if (isForAdmins(operation) || operation.rule !== null)
    return fail(`${attacker}, whom ${whoSays(operation)}, is answered ${answer.status} as ${owner} is`, control, answer)
  throw new Inconclusive(
    `${attacker} is answered ${answer.status}, and nothing reads back whether it had an effect`,
    answer,
  )
}

const whoSays = ({ rule }: Operation): string => (rule === null ? 'it is not meant for' : 'its rule keeps out')

/**
 * The step fails for the owner too. By a rule that keeps the caller out he would not even come so far: what he is answered for an id that
 * names nothing tells whether the object was looked up for him.
 */
async function foundForHim(
  operation: Operation,
  attacker: string,
  answer: Answer,
  control: Answer,
  ofNothing: () => Promise<Answer | null>,
): Promise<Verdict | null> {
  if (operation.rule === null || answer.status !== control.status || answer.status === 404) return null
  const miss = await ofNothing()
  if (miss === null || miss.status === answer.status) return null
  const why = `${attacker} is answered ${answer.status} as the owner is, and ${miss.status} for an id that names nothing`
  return { ...fail(`${operation.id}: ${why}`, control, miss, answer), severity: 'low' }
}

function* cases(plan: Plan): Generator<GuardedCase | Untested> {
  const [admin, user] = [adminOf(plan), firstUser(plan)]
  for (const operation of plan.operations) {
    if (operation.leftOut || !isGuardedWrite(operation, plan)) continue
    const owner: IdentityPlan | null = isForAdmins(operation) ? admin : (user ?? admin)
    if (owner === null) {
      yield { operation, untested: ADMIN_NEEDED }
      continue
    }
    if (isReckless(operation)) {
      yield { operation, untested: 'its path says that it could stop or empty the target; try it by hand' }
      continue
    }
    for (const { name } of lowerCallers(plan, operation))
      if (name !== owner.name) yield { operation, owner: owner.name, attacker: name }
    if (operation.access !== 'unknown') yield { operation, owner: owner.name, attacker: NOBODY_NAME }
  }
}

/** Signing out, refreshing and the like answer anybody as their protocol says; a rule of the one that is looked at says otherwise. */
const isGuardedWrite = ({ id, method, access, purpose, rule }: Operation, { focus }: Plan): boolean =>
  ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) &&
  access !== 'public' &&
  (purpose !== 'auth' || (rule !== null && id === focus)) &&
  (purpose !== 'webhook' || rule !== null)
