import type { JsonSchema } from '../../schema.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { inputPlaces, replyPlaces, several } from './places-of.ts'
import { isNeverShown } from './secret-name.ts'

export const writeOnlySecret: ForeignRule = {
  id: 'write-only-secret',
  risk: 'API3',
  asvs: '14.2.6',
  severity: 'info',
  title: 'What is called like a secret is marked as write-only where callers send it',
  *check({ operations }) {
    const shown = new Set<JsonSchema>()
    for (const operation of operations) for (const { node } of replyPlaces(operation)) shown.add(node)
    for (const operation of operations) {
      const found = inputPlaces(operation).filter(
        ({ in: where, name, node }) =>
          where === 'body' &&
          name !== null &&
          isNeverShown(name) &&
          node.writeOnly !== true &&
          node.format !== 'password' &&
          node.type !== 'boolean',
      )
      const [first] = found
      if (first)
        yield {
          operation,
          // The same schema serves a reply: there it would be shown.
          severity: found.some(({ node }) => shown.has(node)) ? 'warning' : 'info',
          message: `nothing says that no reply, log or page shows what is called like a secret: ${several(found.map(({ place }) => place))}`,
          fix: `${first.name}: { type: string, format: password, writeOnly: true }`,
        }
    }
  },
}
