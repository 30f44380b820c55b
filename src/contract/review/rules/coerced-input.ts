import { coercions } from '../../unsayable.ts'
import { inputsOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const coercedInput: Rule = {
  id: 'coerced-input',
  risk: 'API3',
  asvs: '2.2.1',
  severity: 'error',
  title: 'Input is decoded by its declared type, never coerced',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { place, schema } of inputsOf(endpoint)) {
        for (const at of coercions(schema))
          yield {
            endpoint,
            message: `${place}${at} uses z.coerce, which turns "" into 0 and "false" into true; query strings are decoded by type already`,
            fix: 'z.int()',
          }
      }
    }
  },
}
