import type { Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { IdentityPlan, Operation, Plan } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { signedInReads } from '../signed-in.ts'
import { deniesFunction } from './denies-function.ts'

/** Somebody who may call the operation, and somebody who may not: a user's name, or `nobody`. */
export interface GuardedCase extends Case {
  readonly operation: Operation
  readonly owner: string
  readonly attacker: string
}

export const NOBODY_NAME = 'nobody'

export const adminOf = (plan: Plan): IdentityPlan | null =>
  plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare) ?? null

/** Operations that are meant for admins. */
export const isForAdmins = ({ access, leftOut }: Operation): boolean => access === 'admin' && !leftOut

export const ADMIN_NEEDED = 'needs an admin for its control; add --as admin=…, or an identity with "kind: admin"'

/**
 * Guarded reads where going around the guard is tried: as nobody where anybody must sign in, as an ordinary user where only admins may.
 * @param most - At most so many of each.
 */
export function* guardedReads(plan: Plan, most: number): Generator<GuardedCase | Untested> {
  const admin = adminOf(plan)
  const user = firstUser(plan)
  const forAdmins = plan.operations.filter((each) => isForAdmins(each) && each.method === 'GET')
  for (const operation of forAdmins.slice(0, most))
    if (admin === null) yield { operation, untested: ADMIN_NEEDED }
    else if (user !== null && deniesFunction(operation, user) !== false)
      yield { operation, owner: admin.name, attacker: user.name }
  const others = signedInReads(plan).filter(({ operation }) => !isForAdmins(operation))
  for (const { operation, owner } of others.slice(0, most)) yield { operation, owner, attacker: NOBODY_NAME }
}

export const senderOf = (probe: Probe, name: string): Identity | Sender =>
  name === NOBODY_NAME ? probe.nobody : probe.identity(name)

export interface Guarded {
  readonly attacker: Identity | Sender
  readonly control: Control
  /** The attacker's plain request, refused. */
  readonly refused: Answer
  /** Whether an answer to the attacker shows what only the owner's did. */
  reaches(answer: Answer): boolean
}

/**
 * The owner's control, and the attacker's plain request that shows nothing of it.
 * @throws {NotTested} Where the guard is not there in the first place: that is another finding.
 */
export async function guardedControl(probe: Probe, { operation, owner, attacker }: GuardedCase): Promise<Guarded> {
  const control = await guardControl(probe, operation, probe.identity(owner))
  const reaches = (answer: Answer) => showsMost(answer, control, [refused, ...others]) || isSameNothing(answer, control)
  const sender = senderOf(probe, attacker)
  const refused = await probe.send(control.draft, sender)
  const others = await ownView(probe, sender)
  if (showsMost(refused, control, others) || isSameNothing(refused, control))
    throw new NotTested(`${operation.id} is open to ${attacker} as it is, so there is no guard to go around`)
  return { attacker: sender, control, refused, reaches }
}

/** The owner's control with something to tell it by. */
export async function guardControl(probe: Probe, operation: Operation, owner: Identity): Promise<Control> {
  const { resource, purpose } = operation
  // A list of nothing tells nothing.
  if (purpose === 'list' && resource !== null) await probe.object(resource, owner).catch(() => null)
  const thing = purpose === 'read' && resource !== null ? await probe.object(resource, owner) : null
  const control = await probe.ownerReads(operation, owner, thing)
  if (control.marks.length === 0 && control.answer.text.length < TELLING_CHARACTERS)
    throw new Inconclusive(
      `${operation.id} shows ${owner.name} nothing by which another answer could be told`,
      control.answer,
    )
  return control
}

/** What a user may see of himself anyway. Kept for the run. */
export async function ownView(probe: Probe, sender: Identity | Sender): Promise<readonly Answer[]> {
  const whoAmI = probe.operation(probe.plan.auth.whoAmI)
  if (!('session' in sender) || whoAmI === null) return []
  const draft = await probe.draft(whoAmI, sender)
  return [await probe.shared(`own view ${sender.name}`, () => probe.send(draft, sender))]
}

/** An empty list in an envelope of its own tells as well as a full one; a bare `[]` does not. */
const TELLING_CHARACTERS = 12

const isSameNothing = (answer: Answer, { marks, answer: own }: Control): boolean =>
  marks.length === 0 && succeeded(answer) && answer.text === own.text

/** At least half of what only the control shows: a word in common is no leak. */
export function showsMost(answer: Answer, { marks }: Control, others: readonly Answer[] = []): boolean {
  if (!succeeded(answer)) return false
  const telling = marks.filter((mark) => !others.some(({ text }) => text.includes(mark)))
  const shown = telling.filter((mark) => answer.text.includes(mark))
  return telling.length > 0 && shown.length * 2 >= telling.length
}
