import { isPublic } from '../../access.ts'
import { accessOfRule } from '../../from-openapi/access-of-rule.ts'
import type { ForeignRule } from './foreign-rule.ts'

export const noSecurity: ForeignRule = {
  id: 'no-security',
  risk: 'API2',
  asvs: '8.2.1',
  severity: 'error',
  title: 'An operation asks for a credential',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.security !== null) continue
      // Its x-turnpike says why everybody may.
      if (operation.extension !== null && isPublic(accessOfRule(operation.extension.access))) continue
      const changes = !['GET', 'HEAD', 'OPTIONS'].includes(operation.method)
      const message = changes ? 'it changes something and asks for no credential' : 'it asks for no credential'
      const fault = { operation, message, fix: 'security: [{ accessToken: [] }]' }
      yield operation.openOnPurpose ? { ...fault, severity: 'info' } : fault
    }
  },
}
