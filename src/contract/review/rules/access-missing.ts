import type { Access } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const accessMissing: Rule = {
  id: 'access-missing',
  risk: 'API5',
  asvs: '8.2.1',
  severity: 'error',
  title: 'Every endpoint says who may call it',
  *check(api) {
    for (const endpoint of api.endpoints) {
      // The types refuse this; JavaScript does not.
      if ((endpoint.access as Access<string> | undefined) !== undefined) continue
      const object = endpoint.params.find(({ resource }) => resource !== null)
      yield {
        endpoint,
        message: 'it has no access rule; nobody is let in by default',
        fix: object ? `access: owns('${object.name}')` : 'access: signedIn',
      }
    }
  },
}
