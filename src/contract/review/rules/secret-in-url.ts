import { inputsOf, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

const SECRET =
  /^(.*(password|passwd|secret|token|credential).*|api[-_]?key|key|otp|pin|session([-_]?id)?|jwt|authorization)$/i

export const secretInUrl: Rule = {
  id: 'secret-in-url',
  risk: 'API2',
  asvs: '14.2.1',
  severity: 'error',
  title: 'No secret in a path or query',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const names = new Set(endpoint.params.flatMap(({ name, resource }) => (resource ? [] : [name])))
      for (const { place, name } of placedNodes(inputsOf(endpoint)))
        if (place === 'query' && name !== '') names.add(name)
      for (const name of names) {
        if (SECRET.test(name))
          yield {
            endpoint,
            message: `"${name}" in the URL ends up in logs, histories and Referer headers`,
            fix: `body: z.strictObject({ ${name}: z.string().max(200) })`,
          }
      }
    }
  },
}
