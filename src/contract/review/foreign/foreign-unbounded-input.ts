import { unboundedness } from '../bounds.ts'
import type { ForeignRule } from './document.ts'

export const foreignUnboundedInput: ForeignRule = {
  id: 'foreign-unbounded-input',
  risk: 'API4',
  asvs: '2.2.1',
  severity: 'warning',
  title: 'Every string, list, record and number of an input has an upper bound',
  *check({ operations, nodes }) {
    for (const operation of operations) {
      const places = [
        ...operation.parameters.map(({ name, in: place, schema }) => ({ start: `${place} ${name}`, schema })),
        ...operation.bodies.map((schema) => ({ start: 'body', schema })),
      ]
      for (const { start, schema } of places) {
        for (const { node, at } of nodes(schema)) {
          const found = unboundedness(node)
          if (found)
            yield {
              operation,
              message: `${start}${at} is ${found.what}`,
              fix: KEYWORDS.find(([what]) => found.what.includes(what))?.[1] ?? 'maxLength: 200',
            }
        }
      }
    }
  },
}

const KEYWORDS = [
  ['list', 'maxItems: 100'],
  ['record', 'maxProperties: 50'],
  ['number', 'minimum: 0, maximum: 1000000'],
] as const
