import { unboundedness } from '../bounds.ts'
import { isOfResource, placedNodes, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const unboundedReply: Rule = {
  id: 'unbounded-reply',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'Every list, record and string of a reply has an upper bound',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      for (const { at, node } of reply === null ? [] : placedNodes([reply])) {
        const found =
          isOfResource(node) || node.type === 'number' || node.type === 'integer' ? null : unboundedness(node)
        if (found) yield { endpoint, message: `${at} is ${found.what}`, fix: found.fix }
      }
    }
  },
}
