import type { ForeignRule } from './document.ts'

export const looseBody: ForeignRule = {
  id: 'loose-body',
  risk: 'API3',
  asvs: '15.3.3',
  severity: 'warning',
  title: 'A body takes no field that is not declared',
  *check({ operations, nodes }) {
    for (const operation of operations) {
      for (const schema of operation.bodies) {
        for (const { node, at } of nodes(schema)) {
          if (node.properties !== undefined && (node.additionalProperties ?? node.unevaluatedProperties) === undefined)
            yield {
              operation,
              message: `body${at} accepts fields that nobody declared`,
              fix: 'additionalProperties: false',
            }
        }
      }
    }
  },
}
