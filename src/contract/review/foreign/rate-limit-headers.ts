import type { ForeignRule } from './foreign-rule.ts'

const NAME = /^(?:x-)?rate-?limit(?:-|$)/

export const rateLimitHeaders: ForeignRule = {
  id: 'rate-limit-headers',
  risk: 'API4',
  asvs: null,
  severity: 'info',
  title: 'Replies say what is left of the limit',
  *check({ operations }) {
    for (const operation of operations) {
      const answers = operation.responses.filter(({ status }) => status.startsWith('2') || status === '429')
      if (answers.length > 0 && !answers.some(({ headers }) => headers.some((name) => NAME.test(name))))
        yield {
          operation,
          message: 'no reply carries RateLimit headers: nothing shows that there is a limit',
          fix: 'headers: { RateLimit: { schema: { type: string } }, RateLimit-Policy: { schema: { type: string } } }',
        }
    }
  },
}
