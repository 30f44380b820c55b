import { jsonSchemaOf, nodesOf } from '../../schema.ts'
import { isOfResource, placedNodes, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const SECRET =
  /(password|passwd|passphrase|hash|secret|salt|otp|private[-_]?key|api[-_]?key|cvv|cvc)|^pin$|_pin$|token$/i
/** Handed out once, on purpose: the endpoint's `why` says so. */
const HANDED_OUT = new Set(['accessToken', 'refreshToken', 'deviceToken', 'csrfToken', 'apiKey', 'secret'])

export const secretInReply: Rule = {
  id: 'secret-in-reply',
  risk: 'API3',
  asvs: '14.2.6',
  severity: 'error',
  title: 'No reply holds a field that is called like a secret',
  *check(api) {
    for (const resource of api.resources) {
      for (const { at } of nodesOf(jsonSchemaOf(resource.schema, 'output'))) {
        const [field = ''] = at.slice(1).split('/')
        if (field !== '' && SECRET.test(field) && resource.fields[field]?.read !== false) {
          yield {
            subject: `resource "${resource.name}"`,
            message: `"${field}" is called like a secret and its view shows it`,
            fix: `${field}: { read: false }`,
          }
        }
      }
    }
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      for (const { at, name, node } of reply === null ? [] : placedNodes([reply])) {
        if (!isOfResource(node) && SECRET.test(name) && !HANDED_OUT.has(name))
          yield { endpoint, message: `${at} is called like a secret`, fix: `(without ${name})` }
      }
    }
  },
}
