import type { Sender } from '../../engine/engine.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { fieldNames } from '../../plan/infer-purpose.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import { replacedTexts } from './login-form.ts'

const CURRENT = /(current|old|existing|previous|present).*(pass|pwd|secret)|(pass|pwd|secret)\w*(current|old)/i
const PASSWORD = /pass(word|phrase|wd)?|pwd/i

/** The operation that changes one's own password. @throws {NotTested} Where none is known. */
export function changeOperation(probe: Probe): Operation {
  const operation = probe.operation(probe.plan.auth.changePassword)
  if (operation === null) throw new NotTested('no operation that changes a password is known')
  return operation
}

/** Whether the request asks for the present password. */
export const asksForCurrent = ({ read }: Operation): boolean => fieldNames(read).some((name) => CURRENT.test(name))

/** The request that changes a password. @param current - What stands where the present one belongs; undefined leaves the field out. */
export async function changeDraft(
  operation: Operation,
  identity: Identity,
  passwords: { readonly current: string | undefined; readonly next: string },
  probe: Probe,
): Promise<Draft> {
  const { account } = identity.plan
  const draft = await probe.draft(operation, identity)
  const body = replacedTexts(draft.body, (text, key) => {
    if (CURRENT.test(key)) return passwords.current ?? LEFT_OUT
    if (PASSWORD.test(key)) return passwords.next
    return /e-?mail|user_?name|login/i.test(key) ? (account?.username ?? text) : text
  })
  return { ...draft, body: withoutLeftOut(body) }
}

/** Gives the account its own password again, so that it can be used another time. That this is refused changes no verdict. */
export async function putBack(
  operation: Operation,
  identity: Identity,
  passwords: { readonly current: string; readonly next: string },
  session: Sender,
  probe: Probe,
): Promise<void> {
  await probe.send(await changeDraft(operation, identity, passwords, probe), session, { anyStatus: true })
}

const LEFT_OUT = '\0left out'

const withoutLeftOut = (body: unknown): unknown =>
  typeof body === 'object' && body !== null
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== LEFT_OUT))
    : body

/** A password that ordinary policies take. */
export const newPassword = (probe: Probe): string => `Tp9!-${probe.nonce().slice(8)}-Kx`
