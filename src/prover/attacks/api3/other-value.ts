import type { JsonSchema } from '../../../contract/schema.ts'
import { typeOf } from '../../plan/sample.ts'
import type { Field } from './fields.ts'

/** A value that the field may hold and does not hold now, so that it is known again where it is read back. */
export function otherValue(field: Field, current: unknown, nonce: string): unknown {
  const { schema } = field
  const options = schema?.enum ?? schema?.items?.enum
  if (options !== undefined) {
    const others = options.filter((each) => each !== null && !holds(current, each))
    const [chosen] = [...others.filter((each) => POWERFUL.test(String(each))), ...others]
    return schema?.items?.enum === undefined ? chosen : [chosen]
  }
  if (field.kind === 'privilege') {
    const powerful = privilege(field, current)
    if (powerful !== undefined) return powerful
  }
  switch (current === null || current === undefined ? typeFor(field) : typeof current) {
    case 'boolean':
      return current !== true
    case 'number':
    case 'integer':
      // Who sets a price himself pays less: more than he has would be refused for another reason.
      if (typeof current === 'number' && current > 1 && PAID.test(field.name) && !((schema?.minimum ?? 0) > 1)) return 1
      return otherNumber(schema, typeof current === 'number' ? current : 0)
    case 'object':
    case 'array':
      return [nonce]
    default:
      return otherText(field, current, nonce)
  }
}

const PAID = /price|amount|total|cost|fee|charge|due/i
const POWERFUL = /admin|owner|super|root|staff|approved|verified|active|paid|premium|enterprise/i

/** Whether a value read back is the one that was sent, in whatever spelling. */
export function holds(shown: unknown, sent: unknown): boolean {
  if (Array.isArray(shown) && Array.isArray(sent))
    return sent.length > 0 && sent.every((each) => shown.some((it) => holds(it, each)))
  if (typeof shown !== 'object' && typeof sent !== 'object' && shown !== undefined && String(shown) === String(sent))
    return true
  if (typeof shown === 'string' && typeof sent === 'string' && /^\d{4}-\d\d-\d\d/.test(sent))
    return new Date(shown).getTime() === new Date(sent).getTime()
  return JSON.stringify(shown) === JSON.stringify(sent)
}

function privilege({ name }: Field, current: unknown): unknown {
  if (typeof current === 'boolean') return !current
  if (Array.isArray(current) || /s$/i.test(name)) return holds(current, ['admin']) ? ['owner'] : ['admin']
  if (typeof current === 'number') return undefined
  if (/^(is[_-]?)?(admin|administrator|staff|super_?user|root)$/i.test(name)) return true
  return current === 'admin' ? 'owner' : 'admin'
}

/** The type by the schema, or by the name where nobody says. */
function typeFor({ schema, name }: Field): string {
  if (schema !== null && (schema.type !== undefined || schema.items !== undefined)) return typeOf(schema)
  if (/^is[_-]?[A-Z]|verified$|^(paid|approved|active|enabled|premium|published|banned|locked)$/.test(name))
    return 'boolean'
  return /balance|credit|price|amount|total|discount|points|quota|fee|score|rating/i.test(name) ? 'number' : 'string'
}

function otherNumber(schema: JsonSchema | null, current: number): number {
  const most = schema?.maximum ?? Number.POSITIVE_INFINITY
  const least = schema?.minimum ?? (most < 1_000_000 ? most - 1 : 0)
  if (current + 1_000_000 <= most) return current + 1_000_000
  return current === most ? least : most
}

function otherText({ name, schema }: Field, current: unknown, nonce: string): string {
  const looksLikeTime = typeof current === 'string' && /^\d{4}-\d\d-\d\dT/.test(current)
  if (schema?.format === 'date-time' || looksLikeTime || /(At|_at)$/.test(name)) return '2001-02-03T04:05:06.000Z'
  if (schema?.format === 'date') return '2001-02-03'
  if (schema?.format === 'email' || /e-?mail/i.test(name)) return `${nonce}@example.com`
  if (schema?.format === 'uuid' || (typeof current === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(current)))
    return '0a0b0c0d-1111-4222-a333-444455556666'
  if (/^(status|state)$/i.test(name)) return current === 'approved' ? 'active' : 'approved'
  return nonce.slice(0, schema?.maxLength ?? nonce.length)
}
