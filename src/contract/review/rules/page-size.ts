import { inputsOf, isOfResource, placedNodes, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const MOST = 100

export const pageSize: Rule = {
  id: 'page-size',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'A page holds at most 100 rows',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      for (const { at, node } of reply === null ? [] : placedNodes([reply])) {
        if (node.items && isOfResource(node.items) && (node.maxItems ?? 0) > MOST)
          yield { endpoint, message: `${at} may hold ${node.maxItems} rows`, fix: String(MOST) }
      }
      for (const { at, name, node } of placedNodes(inputsOf(endpoint))) {
        if (/^(limit|page_?size|per_?page|count)$/i.test(name) && (node.maximum ?? 0) > MOST)
          yield { endpoint, message: `${at} may ask for ${node.maximum} rows`, fix: String(MOST) }
      }
    }
  },
}
