import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const errorWithoutSchema: ForeignRule = {
  id: 'error-without-schema',
  risk: 'API8',
  asvs: '16.5.1',
  severity: 'info',
  title: 'An error has a declared shape, so that a stack trace is a breach of contract',
  *check({ operations }) {
    for (const operation of operations) {
      const found = operation.responses
        .filter(({ status }) => status === 'default' || /^[45]/.test(status))
        .filter(({ content }) => content.every(({ schema }) => Object.keys(schema).length === 0))
      if (found.length > 0 && operation.method !== 'HEAD')
        yield {
          operation,
          message: `no schema for ${several(found.map(({ status }) => status))}`,
          fix: 'content: { application/problem+json: { schema: { $ref: … } } }',
        }
    }
  },
}
