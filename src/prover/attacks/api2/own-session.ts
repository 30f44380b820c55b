import type { Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity, Session } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { borrowed, signsIn } from '../borrowed.ts'
import type { SignedInCase } from '../signed-in.ts'
import { tokenCases } from './token-target.ts'

/** A session that nobody else uses, and a read that it is good for. */
export interface OwnSession {
  readonly session: Session
  readonly draft: BuiltDraft
  readonly control: Answer
  /** Whether the session, or another credential's answer, still opens what it opened. */
  isAlive(answer: Answer): boolean
}

/** Requests of `openSession`; each further one of the same operation costs one. */
export const OWN_SESSION_REQUESTS = 2

/** One reading operation where sessions are tried; nothing where no operation of that kind is known. */
export function sessionCases(plan: Plan, needed: string | null, what: string): readonly (SignedInCase | Untested)[] {
  if (needed === null) return [{ operation: null, untested: `no operation ${what} is known` }]
  return tokenCases(plan)
}

/**
 * An attack that ends sessions but leaves the account whole, with somebody who signs in for it: kept for the run. Whatever became of his
 * sessions, whoever needs one afterwards signs in anew.
 */
export async function withSessionOwner<T>(probe: Probe, attack: (owner: Identity) => Promise<T>): Promise<T> {
  const owner = await probe.shared('api2 session owner', () => borrowed(probe, signsIn))
  try {
    return await attack(owner)
  } finally {
    owner.forget()
  }
}

/** @throws {NotTested} Where the read answers anyone. @throws {Inconclusive} Where the new session is refused. */
export async function openSession(operation: Operation, identity: Identity, probe: Probe): Promise<OwnSession> {
  const session = await identity.open()
  const draft = await probe.draft(operation, identity)
  const control = await probe.send(draft, session)
  if (!succeeded(control))
    throw new Inconclusive(`${identity.name} is answered ${control.status} in a new session`, control)
  const garbage = await probe.send(draft, probe.forged(identity, 'tp-not-a-credential', 'garbage'))
  const opens = (answer: Answer) => succeeded(answer) && (differs(answer, garbage) || !differs(answer, control))
  if (opens(garbage)) throw new NotTested(`${operation.id} answers anyone, so a session says nothing`)
  return { session, draft, control, isAlive: opens }
}
