import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack, Case } from '../../attack.ts'
import { matchingText } from '../../plan/matching-text.ts'
import { typeOf } from '../../plan/sample.ts'
import { leafTexts } from '../../telling.ts'
import { fewOf } from '../focus.ts'
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
  cases: (plan) =>
    fewOf(
      plan,
      boundedCases(plan, (schema) => boundedTexts(schema).length > 0),
      8,
    ),
  run: (it: Case, probe) =>
    excessVerdict(probe, it, (schema) =>
      boundedTexts(schema).map(({ name, maxLength, minLength, pattern }) => {
        const length = maxLength + 20
        const value =
          pattern === undefined
            ? probe.nonce().padEnd(length, 'x').slice(0, length)
            : (matchingText(pattern, probe.random, { least: length, most: length }) ?? '')
        return {
          what: `${name} of ${value.length} characters, where ${maxLength} are declared,`,
          at: `/${name}`,
          value,
          fair:
            pattern === undefined
              ? probe.nonce().slice(0, maxLength)
              : matchingText(pattern, probe.random, { least: minLength, most: maxLength }),
          isIn: (shown) => leafTexts(shown).has(value),
        }
      }),
    ),
}

interface BoundedText {
  readonly name: string
  readonly maxLength: number
  readonly minLength: number
  readonly pattern?: string
}

/** Texts of the root with a bound of their own and room for any word, or for longer ones of their pattern. */
function boundedTexts(schema: JsonSchema): readonly BoundedText[] {
  return Object.entries(schema.properties ?? {})
    .flatMap(([name, property]): BoundedText[] => {
      const { maxLength, minLength = 0, format, pattern } = property
      const isFree = format === undefined && property.enum === undefined && property.const === undefined
      const isText = typeOf(property) === 'string' && property.readOnly !== true && !/[/~]/.test(name)
      if (!isText || !isFree || maxLength === undefined || maxLength > LONGEST) return []
      if (pattern === undefined) return [{ name, maxLength, minLength }]
      const length = maxLength + 20
      return matchingText(pattern, () => 0.5, { least: length, most: length }) === null
        ? []
        : [{ name, maxLength, minLength, pattern }]
    })
    .slice(0, FIELDS)
}
