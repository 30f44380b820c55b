import type { JsonSchema } from '../../schema.ts'
import { inputsOf, isOfResource, jsonOf, placedNodes, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

/** So few rows need no pages. */
const FEW = 20

export const listPaging: Rule = {
  id: 'list-paging',
  risk: 'API4',
  asvs: null,
  severity: 'warning',
  title: 'A list of objects comes in pages',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      if (reply === null || ![...placedNodes([reply])].some(({ node }) => isLong(node))) continue
      const query = inputsOf(endpoint).find(({ place }) => place === 'query')
      if (query && jsonOf(query)?.properties?.limit !== undefined) continue
      yield {
        endpoint,
        message: 'it answers with a list of rows, and the caller cannot ask for fewer or for the next',
        fix: 'query: pageQuery(z.uuid())',
      }
    }
  },
}

const isLong = (node: JsonSchema): boolean =>
  node.items !== undefined && isOfResource(node.items) && !((node.maxItems ?? Number.POSITIVE_INFINITY) <= FEW)
