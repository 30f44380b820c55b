import type { AccessData } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const emptyRule: Rule = {
  id: 'empty-rule',
  risk: 'API5',
  asvs: '8.2.1',
  severity: 'error',
  title: 'any() and all() hold at least one rule',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (hasEmpty(endpoint.access.data))
        yield {
          endpoint,
          message: 'its access rule has an any() or all() without a rule; it denies everyone',
          fix: 'access: signedIn',
        }
    }
  },
}

const hasEmpty = (rule: AccessData): boolean =>
  (rule.kind === 'any' || rule.kind === 'all') && (rule.of.length === 0 || rule.of.some(hasEmpty))
