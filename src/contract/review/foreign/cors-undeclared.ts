import type { ForeignRule } from './foreign-rule.ts'
import { successes } from './places-of.ts'
import { schemesInUse } from './schemes-in-use.ts'

export const corsUndeclared: ForeignRule = {
  id: 'cors-undeclared',
  risk: 'API8',
  asvs: '3.4.2',
  severity: 'info',
  title: 'The document says which sites may call from a browser',
  *check(document) {
    const { operations } = document
    const says = operations.some((operation) =>
      successes(operation).some(({ headers }) => headers.includes('access-control-allow-origin')),
    )
    if (says || operations.length === 0) return
    const byCookie = schemesInUse(document).some(({ scheme, isUsed }) => isUsed && scheme.in === 'cookie')
    yield {
      ...(byCookie ? { severity: 'warning' as const } : {}),
      message: `no reply declares Access-Control-Allow-Origin${byCookie ? ', and browsers send the credential by themselves (a cookie)' : ''}: if other sites may call, nothing says which`,
      fix: 'headers: { Access-Control-Allow-Origin: { schema: { const: https://app.example.com } } }',
    }
  },
}
