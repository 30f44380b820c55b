import type { ReadOperation } from '../../from-openapi/document.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { isAdministrative } from './is-administrative.ts'

export const adminLikeOthers: ForeignRule = {
  id: 'admin-like-others',
  risk: 'API5',
  asvs: '8.2.1',
  severity: 'warning',
  title: 'Administration asks for another scheme or scope than the rest',
  *check({ operations }) {
    const open = operations.filter((operation) => operation.security !== null && !isAdministrative(operation))
    const others = new Set(open.map(askedBy))
    for (const operation of operations) {
      if (operation.security === null || operation.extension !== null || !isAdministrative(operation)) continue
      if (others.has(askedBy(operation)))
        yield {
          operation,
          message:
            'it asks for what operations for everybody ask for as well; nothing says that its callers are administrators',
          fix: 'security: [{ oauth: [admin] }], or x-turnpike: { access: { role: admin }, limit: { rate: 100/minute } }',
        }
    }
  },
}

const askedBy = ({ security, scopes }: ReadOperation): string => JSON.stringify([security, [...scopes].sort()])
