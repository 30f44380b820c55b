import { isPublic } from '../../access.ts'
import type { Rule } from '../finding.ts'
import { accountField, guesses } from './login-limit.ts'

export const accountLimit: Rule = {
  id: 'account-limit',
  risk: 'API2',
  asvs: '6.3.1',
  severity: 'warning',
  title: 'Guesses are counted for the account, not only for the address',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (endpoint.method === 'GET' || !isPublic(endpoint.access.data) || !guesses(endpoint)) continue
      // Whoever registers guesses nothing of an account.
      if (/\/(register|sign-?up)$/i.test(endpoint.path)) continue
      const field = accountField(endpoint)
      if (field === undefined || endpoint.limit.by.some(({ key }) => key.name === field)) continue
      yield {
        endpoint,
        message: `many addresses together may guess one account: nothing is counted by "${field}"`,
        fix: `by: [{ key: body('${field}'), rate: '10/hour' }]`,
      }
    }
  },
}
