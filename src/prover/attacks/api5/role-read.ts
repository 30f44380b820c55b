import type { Attack, Case, Untested } from '../../attack.ts'
import type { Plan } from '../../plan/plan.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { ADMIN_NEEDED, adminOf, type GuardedCase, guardControl, isForAdmins, ownView, showsMost } from './guarded.ts'
import { lowerCallers } from './lower-callers.ts'
import { sameShape } from './same-shape.ts'

export const roleRead: Attack = {
  id: 'role-read',
  number: 79,
  risk: 'API5',
  severity: 'critical',
  cwe: 285,
  title: 'A lower role reads what is meant for a higher one',
  references: ['OWASP API5:2023', 'ASVS 5.0 8.2.1'],
  maxRequests: 8,
  oracle:
    "The lower caller's answer shows most of what only the admin's shows, or by the contract's rule has its shape.",
  fix: 'Ask for the role on the server before the handler runs, for every operation by default, and refuse who lacks it with 403.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const { operation, owner, attacker } = it as GuardedCase
    const higher = probe.identity(owner)
    const thing =
      operation.purpose === 'read' && operation.resource !== null
        ? await probe.object(operation.resource, higher)
        : null
    // A refusal needs only an owner who is served; what is shown needs something to tell it by.
    const plain = await probe.ownerReads(operation, higher, thing)
    const lower = probe.identity(attacker)
    const answer = await probe.send(plain.draft, lower)
    if (!succeeded(answer)) return pass(`${lower.name} is answered ${answer.status}`, plain.answer, answer)
    const control = await guardControl(probe, operation, higher)
    if (operation.rule === null && control.marks.length === 0)
      throw new Inconclusive(
        `${operation.id} shows ${owner} nothing that ${lower.name} could not have of his own`,
        answer,
      )
    const told = operation.rule !== null && sameShape(answer, control.answer)
    return told || showsMost(answer, control, await ownView(probe, lower))
      ? fail(`${lower.name} is shown what ${operation.id} shows ${owner}`, control.answer, answer)
      : pass(`${lower.name} is answered ${answer.status}`, control.answer, answer)
  },
}

function* cases(plan: Plan): Generator<GuardedCase | Untested> {
  const admin = adminOf(plan)
  for (const operation of plan.operations) {
    if (operation.leftOut || operation.method !== 'GET') continue
    for (const lower of lowerCallers(plan, operation)) {
      const owner = isForAdmins(operation)
        ? admin
        : (plan.identities.find(({ kind, spare }) => kind === 'user' && !spare) ?? admin)
      if (owner === null) yield { operation, untested: ADMIN_NEEDED }
      else if (owner !== lower) yield { operation, owner: owner.name, attacker: lower.name }
    }
  }
}
