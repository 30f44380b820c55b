import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { pairCases } from '../pairs.ts'

/** The plainest hole there is: the id of somebody else's object in the path of a read. */
export const objectRead: Attack = {
  id: 'object-read',
  number: 1,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "Another user reads somebody's object by its id",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 8,
  oracle: "The owner's canary, or texts that only this object has, stand in the other user's answer.",
  fix: 'Compare the owner of the loaded object with the caller before it is used, and answer what is not his as what never was.',
  phase: 'normal',
  cases: (plan) => pairCases(plan, 'all', ({ method, purpose }) => method === 'GET' && purpose === 'read'),
  async run({ operation, owner, attacker }: Case, probe) {
    if (!operation?.resource) return pass()
    const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
    const thing = await probe.object(operation.resource, alice)
    const control = await probe.ownerReads(operation, alice, thing)
    const missing = await probe.missing(operation, alice, thing)
    const answer = await probe.send(control.draft, bob)
    return probe.shows(answer, control, missing)
      ? fail(`${bob.name} is shown the ${thing.resource.name} of ${alice.name}`, control.answer, answer)
      : pass(`${bob.name} is answered ${answer.status}`, control.answer, answer)
  },
}
