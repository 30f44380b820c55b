import type { Attack } from '../../attack.ts'
import { referenceCases, strangerNames } from './in-place.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'

/** `GET /export?invoiceId=…`: the check of the path forgot the query. */
export const idInQuery: Attack = {
  id: 'id-in-query',
  number: 4,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "The query takes the id of somebody else's object",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle: "The owner's canary stands in the other user's answer, or the owner reads the object back changed.",
  fix: 'Load and authorize every object that a request names, wherever its id stands, through one function.',
  phase: 'normal',
  // Lists that are narrowed to a person are another attack's.
  cases: (plan) =>
    referenceCases(
      plan,
      'main',
      (reference, { purpose }) =>
        reference.in === 'query' && !reference.many && !(reference.of === 'user' && purpose === 'list'),
    ),
  run: (it, probe) => strangerNames(it, probe),
}
