import type { Attack } from '../../attack.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { loginForm } from './login-form.ts'
import { OWN_SESSION_REQUESTS, openSession, sessionCases } from './own-session.ts'
import { changeDraft, changeOperation, newPassword, putBack } from './password-change.ts'

export const afterPasswordChange: Attack = {
  id: 'after-password-change',
  number: 43,
  risk: 'API2',
  severity: 'high',
  cwe: 613,
  title: 'Other sessions live on after a change of password',
  references: ['OWASP API2:2023', 'ASVS 5.0 7.4.3'],
  maxRequests: OWN_SESSION_REQUESTS + 4,
  oracle:
    'After one session changed the password, the token of another session of the same person is answered as before.',
  fix: 'End all other sessions and refresh tokens when the password changes, such as by an epoch of the account that tokens carry.',
  phase: 'exhausting',
  cases: (plan) => sessionCases(plan, plan.auth.changePassword, 'that changes a password'),
  async run({ operation }, probe) {
    if (!operation) throw new NotTested('no reading operation is known')
    const change = changeOperation(probe)
    const identity = await probe.throwaway()
    const form = loginForm(identity, probe)
    const stolen = await openSession(operation, identity, probe)
    const own = await identity.open()
    const next = newPassword(probe)
    const changed = await probe.send(await changeDraft(change, identity, { current: form.password, next }, probe), own)
    const signedIn = await probe.send(form.draft(form.username, next), probe.nobody)
    if (!succeeded(changed) || !form.signsIn(signedIn))
      throw new Inconclusive(`${change.id} answered ${changed.status}, and the new password does not sign in`, changed)
    const answer = await probe.send(stolen.draft, stolen.session)
    await putBack(change, identity, { current: next, next: form.password }, own, probe)
    return stolen.isAlive(answer)
      ? fail('the token of an earlier session is taken after the password was changed', stolen.control, changed, answer)
      : pass(`the earlier session is answered ${answer.status}`, stolen.control, changed, answer)
  },
}
