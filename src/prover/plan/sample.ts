import type { JsonSchema } from '../../contract/schema.ts'
import { matching } from './matching-text.ts'

export interface SampleOptions {
  /** From 0 to 1; seeded, so that a run can be repeated. */
  readonly random: () => number
  /** Optional properties too. Default true: more to plant and to read back. */
  readonly optional?: boolean
}

/** A value that the schema takes, as far as JSON Schema tells; names such as `email` help where it does not. */
export function sampleOf(schema: JsonSchema, options: SampleOptions, name = ''): unknown {
  return sample(schema, name, { options }, 0)
}

interface State {
  readonly options: SampleOptions
}

function sample(schema: JsonSchema, name: string, state: State, depth: number): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const options = schema.oneOf ?? schema.anyOf
  if (options && schema.properties === undefined) {
    const [first] = options.filter((each) => typeOf(each) !== 'null')
    return first === undefined ? null : sample(first, name, state, depth)
  }
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, state, depth)
    case 'array': {
      const count = Math.max(schema.minItems ?? 1, 1)
      if (schema.items === undefined || depth > 4) return []
      return Array.from({ length: count }, () => sample(schema.items as JsonSchema, name, state, depth + 1))
    }
    case 'integer':
      return Math.round(number(schema, name))
    case 'number':
      return number(schema, name)
    case 'boolean':
      return schema.default ?? false
    case 'null':
      return null
    default:
      return text(schema, name, state)
  }
}

export function typeOf(schema: JsonSchema): string {
  const types = Array.isArray(schema.type) ? schema.type.filter((type) => type !== 'null') : [schema.type]
  if (typeof types[0] === 'string') return types[0]
  if (schema.properties !== undefined) return 'object'
  if (schema.items !== undefined) return 'array'
  return Array.isArray(schema.type) && schema.type.includes('null') ? 'null' : 'string'
}

function sampleObject(schema: JsonSchema, state: State, depth: number): Record<string, unknown> {
  const required = new Set(schema.required ?? [])
  const wanted = Object.entries(schema.properties ?? {}).filter(
    ([name, property]) =>
      property.readOnly !== true && (required.has(name) || ((state.options.optional ?? true) && depth < 3)),
  )
  return Object.fromEntries(wanted.map(([name, property]) => [name, sample(property, name, state, depth + 1)]))
}

function number(schema: JsonSchema, name: string): number {
  const low = schema.minimum ?? (schema.exclusiveMinimum === undefined ? null : schema.exclusiveMinimum + 1)
  const high = schema.maximum ?? (schema.exclusiveMaximum === undefined ? null : schema.exclusiveMaximum - 1)
  const wished = /age/i.test(name) ? 35 : /year/i.test(name) ? 2026 : 3
  if (low !== null && wished < low) return low
  if (high !== null && wished > high) return high
  return wished
}

const BY_FORMAT: Readonly<Record<string, (random: () => number) => string>> = {
  email: (random) => `tp-${token(random)}@example.com`,
  uuid: (random) => uuid(random),
  date: () => '2027-03-01',
  'date-time': () => '2027-03-01T10:00:00.000Z',
  time: () => '10:00:00Z',
  uri: () => 'https://example.com/',
  url: () => 'https://example.com/',
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
  hostname: () => 'example.com',
  byte: () => 'dGVzdA==',
  binary: () => 'text',
  password: () => 'Aa1-Correct-Horse-Battery',
}

const BY_NAME: readonly (readonly [RegExp, (random: () => number) => string])[] = [
  [/e?mail$/i, (random) => `tp-${token(random)}@example.com`],
  [/password|passphrase/i, () => 'Aa1-Correct-Horse-Battery'],
  [/(url|uri|href|link)$/i, () => 'https://example.com/'],
  [/(^|_)date$|Date$|day$/i, () => '2027-03-01'],
  [/(At|_at|time|start|end|from|to)$/, () => '2027-03-01T10:00:00.000Z'],
  [/phone|mobile/i, () => '+4915112345678'],
  [/card/i, () => '4111111111111111'],
  [/currency/i, () => 'EUR'],
  [/country/i, () => 'DE'],
]

function text(schema: JsonSchema, name: string, state: State): string {
  const { random } = state.options
  const low = schema.minLength ?? 0
  const high = schema.maxLength ?? 200
  if (schema.format !== undefined && Object.hasOwn(BY_FORMAT, schema.format))
    return (BY_FORMAT[schema.format] as (random: () => number) => string)(random)
  if (typeof schema.default === 'string') return schema.default
  const named = BY_NAME.find(([pattern]) => pattern.test(name))?.[1](random)
  const candidates = [...(named === undefined ? [] : [named]), 'Sample text'.slice(0, high).trim(), 'Sample'].map(
    (each) => each.padEnd(low, 'x'),
  )
  const pattern = schema.pattern === undefined ? null : regexp(schema.pattern)
  const chosen = candidates.find(
    (each) => each.length <= high && each.length >= low && (pattern === null || pattern.test(each)),
  )
  if (chosen !== undefined) return chosen
  return schema.pattern === undefined ? 'x'.repeat(Math.min(Math.max(low, 1), high)) : matching(schema.pattern, random)
}

function regexp(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return null
  }
}

/** Eight random characters. */
export const token = (random: () => number): string =>
  Array.from({ length: 8 }, () => '0123456789abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 36)]).join('')

/** A version 4 UUID of the seeded randomness. */
export function uuid(random: () => number): string {
  const hex = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
}
