import { jsonSchemaOf } from '../../schema.ts'
import type { Rule } from '../finding.ts'

const PERSONAL: readonly (readonly [RegExp, mask: string])[] = [
  [/card(number)?$|^pan$/i, 'card'],
  [/iban|ssn|passport|taxid|accountnumber/i, 'last4'],
  [/e-?mail/i, 'email'],
  [/phone|mobile/i, 'phone'],
]

export const personalData: Rule = {
  id: 'personal-data',
  risk: 'API3',
  asvs: '8.2.3',
  severity: 'warning',
  title: 'Personal and payment data is sealed, masked or restricted',
  *check(api) {
    for (const resource of api.resources) {
      for (const field of Object.keys(jsonSchemaOf(resource.schema, 'output').properties ?? {})) {
        const found = PERSONAL.find(([name]) => name.test(field))
        const rule = resource.fields[field]
        if (!found || rule?.seal || rule?.mask !== undefined || rule?.read !== undefined) continue
        yield {
          subject: `resource "${resource.name}"`,
          message: `"${field}" looks personal; it is stored in clear and shown to every reader`,
          fix: `${field}: { mask: '${found[1]}', read: owns('${resource.name}'), seal: true }`,
        }
      }
    }
  },
}
