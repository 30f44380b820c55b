import { accessOfRule } from '../../from-openapi/access-of-rule.ts'
import type { ReadDocument, ReadOperation } from '../../from-openapi/document.ts'
import { needsAuthority } from '../covers.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { isAdministrative } from './is-administrative.ts'
import { inputPlaces, several } from './places-of.ts'

/** What callers set to be more than they are, or to pay less than they owe. */
const PRIVILEGED =
  /^(?:roles?|user_?roles?|is_?admin|admin|is_?(?:staff|superuser|root|owner)|permissions?|authorities|privileges?|groups?|access_?level|balance|credits?|price|unit_?price|discount|is_?(?:verified|approved|active|paid)|(?:email_?|phone_?)?verified|approved|paid|status|state|owner(?:_?id)?|user_?id|customer_?id|account_?id|tenant(?:_?id)?|org(?:anization)?_?id|created_?(?:by|at)|updated_?(?:by|at)|plan|tier)$/i

export const privilegedField: ForeignRule = {
  id: 'privileged-field',
  risk: 'API3',
  asvs: '15.3.3',
  severity: 'warning',
  title: 'Callers do not set owner, roles, prices and status by themselves',
  *check(document) {
    for (const operation of document.operations) {
      if (isAuthority(operation)) continue
      const found = inputPlaces(operation).filter(
        ({ in: where, name, node }) =>
          where === 'body' &&
          name !== null &&
          PRIVILEGED.test(name) &&
          node.const === undefined &&
          node['x-turnpike-ref'] === undefined &&
          !isRuled(document, operation, name),
      )
      const [first] = found
      if (first)
        yield {
          operation,
          message: `whoever calls sets ${several(found.map(({ place }) => place))}`,
          fix: `${first.name}: { …, readOnly: true }, or a body without it`,
        }
    }
  },
}

const isAuthority = (operation: ReadOperation): boolean =>
  operation.extension === null ? isAdministrative(operation) : needsAuthority(accessOfRule(operation.extension.access))

/** Whether x-turnpike has a write rule for the field of a resource that the operation speaks of, or of any where it names none. */
function isRuled({ extension }: ReadDocument, operation: ReadOperation, field: string): boolean {
  if (operation.extension === null || extension === null) return false
  return Object.values(extension.resources).some(({ fields }) => fields[field]?.write !== undefined)
}
