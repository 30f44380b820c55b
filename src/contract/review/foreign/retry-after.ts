import type { ForeignRule } from './foreign-rule.ts'

export const retryAfter: ForeignRule = {
  id: 'retry-after',
  risk: 'API4',
  asvs: null,
  severity: 'info',
  title: 'A 429 says when to come back',
  *check({ operations }) {
    for (const operation of operations)
      if (operation.responses.some(({ status, headers }) => status === '429' && !headers.includes('retry-after')))
        yield {
          operation,
          message: 'its 429 has no Retry-After: well-meant clients try again at once',
          fix: 'headers: { Retry-After: { schema: { type: integer, minimum: 0 } } }',
        }
  },
}
