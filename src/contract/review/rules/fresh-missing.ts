import { isPublic, leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

const SENSITIVE = /(^|[-_.])(password|email|phone|mfa|2fa|factors?|keys?|api-keys?|roles?)($|[-_.])/i

export const freshMissing: Rule = {
  id: 'fresh-missing',
  risk: 'API2',
  asvs: '7.5.1',
  severity: 'info',
  title: 'Deletions, administration and changes of credentials need a recent sign-in',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { access, method, flow, segments } = endpoint
      if (method === 'GET' || isPublic(access.data)) continue
      const leaves = [...leavesOf(access.data), ...(flow?.stepUp ? leavesOf(flow.stepUp.data) : [])]
      if (leaves.some(({ kind }) => kind === 'fresh' || kind === 'factors')) continue
      const named = segments.some((segment) => 'literal' in segment && SENSITIVE.test(segment.literal))
      if (method === 'DELETE' || named || leaves.every(({ kind }) => kind === 'role')) {
        yield {
          endpoint,
          message: 'a session left open for days is enough for it',
          fix: `flow: { stepUp: fresh('15m') }`,
        }
      }
    }
  },
}
