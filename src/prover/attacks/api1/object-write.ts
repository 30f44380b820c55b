import type { Attack } from '../../attack.ts'
import { objectCases } from './object-cases.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { changes, strangerWrites } from './write-cases.ts'

/** Changes, and actions such as `POST /orders/{id}/pay`, on an object of somebody else. */
export const objectWrite: Attack = {
  id: 'object-write',
  number: 2,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "Another user changes somebody's object",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 7 + PRIVACY_REQUESTS,
  oracle:
    'The owner reads the object back changed: it holds what the other user wrote, or a field that is otherwise stable has another value.',
  fix: 'Load the object through the caller (where owner = caller) before any change or action, not only before it is shown.',
  phase: 'normal',
  cases: (plan) => objectCases(plan, 'main', changes),
  run: strangerWrites,
}
