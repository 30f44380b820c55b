import type { Attack, Case } from '../../attack.ts'
import { judgeRead } from './judge-read.ts'
import { nothingKnown, objectCases } from './object-cases.ts'
import { asSentBy, filled, shownBy } from './plain-read.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'

/** The plainest hole there is: the id of somebody else's object in the path of a read, or of what is read below it. */
export const objectRead: Attack = {
  id: 'object-read',
  number: 1,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "Another user reads somebody's object by its id",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle:
    "The owner's canary, or texts that only this object has, stand in the other user's answer, and the API does not share the object by intention.",
  fix: 'Compare the owner of the loaded object with the caller before it is used, and answer what is not his as what never was.',
  phase: 'normal',
  cases: (plan) => {
    const main = new Set(plan.resources.map(({ read }) => read))
    // Every pair where the object itself is read; one of each kind for what is read below it.
    return [
      ...objectCases(plan, 'all', ({ id, method }) => method === 'GET' && main.has(id)),
      ...objectCases(plan, 'main', ({ id, method }) => method === 'GET' && !main.has(id)),
    ]
  },
  async run({ operation, owner, attacker }: Case, probe) {
    if (!operation) throw nothingKnown()
    const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
    const thing = await shownBy(probe, operation, alice)
    await filled(probe, operation, thing)
    const control = await probe.ownerReads(operation, alice, thing)
    const answer = await probe.send(await asSentBy(probe, operation, control, bob), bob)
    return judgeRead(probe, operation, control, answer, bob)
  },
}
