import { resourcesIn } from '../../api.ts'
import type { Rule } from '../finding.ts'

export const bareReply: Rule = {
  id: 'bare-reply',
  risk: 'API3',
  asvs: '8.2.3',
  severity: 'error',
  title: 'A reply holds views of resources, or plain() says why it is nobody’s',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { reply } = endpoint
      if (!('~standard' in reply) || resourcesIn(reply, 'output').length > 0) continue
      yield {
        endpoint,
        message: 'its reply is a schema without a view, so that rows could pass in it which nobody checks',
        fix: `reply: plain(<schema>, 'why it is nobody’s'),`,
      }
    }
  },
}
