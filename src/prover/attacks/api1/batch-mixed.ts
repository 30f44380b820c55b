import type { Attack } from '../../attack.ts'
import { referenceCases, strangerNames } from './in-place.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'

/** A batch that looks at its first id only, or at whether any of them is the caller's. */
export const batchMixed: Attack = {
  id: 'batch-mixed',
  number: 9,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "A list of ids takes somebody else's among one's own",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle: "The owner's canary stands in the other user's answer, or the owner reads the object back changed or gone.",
  fix: 'Authorize each id of a list, and refuse the whole list where one is not the caller’s.',
  phase: 'normal',
  cases: (plan) => referenceCases(plan, 'main', (reference) => reference.many && reference.in !== 'path'),
  run: (it, probe) => strangerNames(it, probe, true),
}
