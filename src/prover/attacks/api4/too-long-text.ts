import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack, Case } from '../../attack.ts'
import { typeOf } from '../../plan/sample.ts'
import { leafTexts } from '../../telling.ts'
import { boundedCases, excessVerdict } from './bounded-fields.ts'

/** Above that a text is a document, and its size a matter of the whole body. */
const LONGEST = 50_000
const FIELDS = 3

export const tooLongText: Attack = {
  id: 'too-long-text',
  number: 74,
  risk: 'API4',
  severity: 'low',
  cwe: 1284,
  title: 'A text longer than its declared maximum is stored',
  references: ['OWASP API4:2023', 'ASVS 5.0 2.2.1'],
  maxRequests: 2 + 2 * FIELDS,
  oracle: 'A text above the maxLength of the document is taken and read back whole.',
  fix: 'Validate requests against the schema that you publish, before the handler runs.',
  phase: 'normal',
  cases: (plan) => boundedCases(plan, (schema) => boundedTexts(schema).length > 0).slice(0, 8),
  run: (it: Case, probe) =>
    excessVerdict(probe, it, (schema) =>
      boundedTexts(schema).map(([name, maxLength]) => {
        const value = probe
          .nonce()
          .padEnd(maxLength + 20, 'x')
          .slice(0, maxLength + 20)
        return {
          what: `${name} of ${value.length} characters, where ${maxLength} are declared,`,
          at: `/${name}`,
          value,
          fair: probe.nonce().slice(0, maxLength),
          isIn: (shown) => leafTexts(shown).has(value),
        }
      }),
    ),
}

/** Texts of the root with a bound of their own and room for any word. */
function boundedTexts(schema: JsonSchema): readonly (readonly [name: string, maxLength: number])[] {
  return Object.entries(schema.properties ?? {})
    .flatMap(([name, property]): [string, number][] => {
      const { maxLength, format, pattern } = property
      const isFree =
        format === undefined && pattern === undefined && property.enum === undefined && property.const === undefined
      const isText = typeOf(property) === 'string' && property.readOnly !== true && !/[/~]/.test(name)
      return isText && isFree && maxLength !== undefined && maxLength <= LONGEST ? [[name, maxLength]] : []
    })
    .slice(0, FIELDS)
}
