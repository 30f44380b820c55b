import type { ForeignRule } from './foreign-rule.ts'
import { verbsOf } from './words-of.ts'

const CHANGES = new Set(
  'delete remove create add update set save edit reset send pay approve reject cancel revoke enable disable activate deactivate logout signout unsubscribe transfer import run execute start stop restart trigger purge clear'.split(
    ' ',
  ),
)

export const getThatChanges: ForeignRule = {
  id: 'get-that-changes',
  risk: 'API8',
  asvs: '3.5.3',
  severity: 'warning',
  title: 'GET changes nothing and takes no body',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.method !== 'GET' && operation.method !== 'HEAD') continue
      const verb = verbsOf(operation).find((word) => CHANGES.has(word))
      if (verb !== undefined)
        yield {
          operation,
          message: `"${verb}" sounds like a change; links, previews and other sites can trigger it`,
          fix: `post: { operationId: ${operation.operationId ?? verb} }`,
        }
      else if (operation.body !== null)
        yield {
          operation,
          message: 'it takes a body, which proxies drop and caches ignore: two readers may see two requests',
          fix: 'parameters in the query, or post',
        }
    }
  },
}
