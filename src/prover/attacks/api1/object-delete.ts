import type { Attack } from '../../attack.ts'
import { objectCases } from './object-cases.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { DESTROYS, strangerWrites } from './write-cases.ts'

/** Deletions, and actions that end an object such as `POST /orders/{id}/cancel`, on what was made for it. */
export const objectDelete: Attack = {
  id: 'object-delete',
  number: 3,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "Another user deletes or ends somebody's object",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 7 + PRIVACY_REQUESTS,
  oracle: 'After the other user asked for it, the owner does not find the object any more, or finds it ended.',
  fix: 'Delete with the owner in the condition (delete where id = ? and owner = caller), and answer 404 where no row was touched.',
  phase: 'destructive',
  cases: (plan) =>
    objectCases(plan, 'main', ({ method, path }) => method === 'DELETE' || (method === 'POST' && DESTROYS.test(path))),
  run: strangerWrites,
}
