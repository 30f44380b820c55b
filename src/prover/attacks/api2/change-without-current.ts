import type { XRule } from '../../../contract/openapi/extension.ts'
import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity, Session } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { loginForm } from './login-form.ts'
import { asksForCurrent, changeDraft, changeOperation, newPassword, putBack } from './password-change.ts'

export const changeWithoutCurrent: Attack = {
  id: 'change-without-current',
  number: 50,
  risk: 'API2',
  severity: 'high',
  cwe: 620,
  title: 'The password is changed without the present one',
  references: ['OWASP API2:2023', 'ASVS 5.0 6.2.3'],
  maxRequests: 9,
  oracle: 'With the present password left out, empty or wrong, the new one signs in afterwards.',
  fix: 'Require the present password (or a sign-in of a few minutes ago) in the operation itself, and compare it there.',
  phase: 'exhausting',
  *cases({ operations, auth }) {
    const operation = operations.find(({ id, leftOut }) => id === auth.changePassword && !leftOut)
    if (!operation) yield { operation: null, untested: 'no operation that changes a password is known' }
    else if (operation.rule !== null && asksFresh(operation.rule))
      yield { operation, untested: 'it asks for a recent sign-in in place of the present password' }
    else yield { operation }
  },
  async run(_case, probe) {
    const operation = changeOperation(probe)
    const identity = await probe.throwaway()
    const form = loginForm(identity, probe)
    const session = await identity.open()
    const wrong: readonly (readonly [told: string, current: string | undefined])[] = [
      ['without the present one', undefined],
      ...(asksForCurrent(operation)
        ? ([
            ['with an empty text as the present one', ''],
            ['with a wrong present one', `wrong-${probe.nonce()}`],
          ] as const)
        : []),
    ]
    for (const [told, current] of wrong) {
      const next = newPassword(probe)
      const changed = await probe.send(await changeDraft(operation, identity, { current, next }, probe), session)
      if (changed.status >= 400) continue
      // What the answer says is not what was done: the new password has to sign in.
      const signedIn = await probe.send(form.draft(form.username, next), probe.nobody)
      if (!form.signsIn(signedIn)) continue
      await putBack(operation, identity, { current: next, next: form.password }, session, probe)
      return fail(`the password is changed ${told}`, changed, signedIn)
    }
    return pass(
      'the password is not changed without the present one',
      await control(operation, identity, session, probe),
    )
  },
}

/** With the right present password it goes through: then the refusals were about that. */
async function control(operation: Operation, identity: Identity, session: Session, probe: Probe): Promise<Answer> {
  const form = loginForm(identity, probe)
  const next = newPassword(probe)
  const changed = await probe.send(
    await changeDraft(operation, identity, { current: form.password, next }, probe),
    session,
  )
  const signedIn = await probe.send(form.draft(form.username, next), probe.nobody)
  if (!form.signsIn(signedIn))
    throw new Inconclusive(`${operation.id} answers ${changed.status} to the right present password too`, changed)
  await putBack(operation, identity, { current: next, next: form.password }, session, probe)
  return changed
}

function asksFresh(rule: XRule): boolean {
  if ('freshSeconds' in rule) return true
  if ('all' in rule) return rule.all.some(asksFresh)
  return 'any' in rule && rule.any.every(asksFresh)
}
