import { isPublic } from '../../access.ts'
import type { ForeignRule } from './document.ts'

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
      if (operation.extension !== null && isPublic(operation.extension.access)) continue
      const fault = { operation, message: 'it asks for no credential', fix: 'security: [{ accessToken: [] }]' }
      yield operation.openOnPurpose ? { ...fault, severity: 'info' } : fault
    }
  },
}
