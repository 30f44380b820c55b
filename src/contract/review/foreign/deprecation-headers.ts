import type { ForeignRule } from './foreign-rule.ts'

export const deprecationHeaders: ForeignRule = {
  id: 'deprecation-headers',
  risk: 'API9',
  asvs: null,
  severity: 'info',
  title: 'What is deprecated says in its replies since when and until when (RFC 9745, RFC 8594)',
  *check({ operations }) {
    for (const operation of operations) {
      if (!operation.deprecated || operation.extension?.sunset) continue
      const says = operation.responses.some(
        ({ headers }) => headers.includes('deprecation') || headers.includes('sunset'),
      )
      if (!says)
        yield {
          operation,
          message: 'it is deprecated, and no reply declares Deprecation or Sunset: clients notice when it is gone',
          fix: 'headers: { Deprecation: { schema: { type: string } }, Sunset: { schema: { type: string } } }',
        }
    }
  },
}
