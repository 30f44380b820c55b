import { unsayable } from '../../unsayable.ts'
import { inputsOf, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const unsayableSchema: Rule = {
  id: 'unsayable-schema',
  risk: 'API3',
  asvs: '2.2.1',
  severity: 'error',
  title: 'Schemas say nothing that JSON Schema cannot',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      for (const { place, schema } of [...inputsOf(endpoint), ...(reply ? [reply] : [])]) {
        for (const { at, reason } of unsayable(schema, place === 'reply' ? 'output' : 'input')) {
          yield {
            endpoint,
            message: `${place}${at}: ${reason}; it could be neither projected nor exported`,
            fix: reason.includes('Date') ? 'z.iso.datetime()' : 'z.string().max(200)',
          }
        }
      }
    }
  },
}
