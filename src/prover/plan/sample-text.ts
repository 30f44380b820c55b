import type { JsonSchema } from '../../contract/schema.ts'
import { regexpOf } from './document-pattern.ts'
import { matchingText } from './matching-text.ts'
import type { SampleState } from './sample-state.ts'

type Make = (random: () => number, name: string) => string

/** A document may ask for more than there is memory. */
const LONGEST = 100_000

/** Accepted by every policy that is met: long, four kinds of characters, in no list. */
const PASSWORD = 'Aa1-Correct-Horse-Battery'

/** Birthdays are past, everything else lies ahead; what ends lies after what begins. */
function day(name: string): string {
  if (/birth|born|dob|issued|incurred|purchased|joined|hired|founded|since|past/i.test(name)) return '1990-04-12'
  return /end|until|to$|due|expir|return|check_?out|finish|before/i.test(name) ? '2030-03-08' : '2030-03-01'
}

const BY_FORMAT: Readonly<Record<string, Make>> = {
  email: (random) => `tp-${token(random)}@example.com`,
  'idn-email': (random) => `tp-${token(random)}@example.com`,
  uuid: (random) => uuid(random),
  guid: (random) => uuid(random),
  date: (_random, name) => day(name),
  'date-time': (_random, name) => `${day(name)}T10:00:00Z`,
  time: () => '10:00:00Z',
  duration: () => 'P1D',
  uri: () => 'https://example.com/',
  url: () => 'https://example.com/',
  iri: () => 'https://example.com/',
  'uri-reference': () => '/path',
  'uri-template': () => 'https://example.com/{id}',
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
  hostname: () => 'example.com',
  'idn-hostname': () => 'example.com',
  byte: () => 'dGVzdA==',
  base64: () => 'dGVzdA==',
  binary: () => 'text',
  password: () => PASSWORD,
  regex: () => '^a$',
  'json-pointer': () => '/a',
  phone: () => '+4915112345678',
  objectid: (random) => hex(random, 24),
}

const BY_NAME: readonly (readonly [RegExp, Make])[] = [
  [/e-?mail(_?address)?$/i, (random) => `tp-${token(random)}@example.com`],
  [/password|passphrase|passwd/i, () => PASSWORD],
  [/(url|uri|href|link|website|web_?hook)$/i, () => 'https://example.com/'],
  [/date_?time$|(At|_at)$|timestamp/, (_random, name) => `${day(name)}T10:00:00Z`],
  [/date$|birthday$|^(day|dob|from|to|since|until)$/i, (_random, name) => day(name)],
  [/^(start|end|starts|ends)$|time$/i, (_random, name) => `${day(name)}T10:00:00Z`],
  [/phone|mobile|msisdn/i, () => '+4915112345678'],
  [/card_?(number|no)?$/i, () => '4111111111111111'],
  [/iban/i, () => 'DE89370400440532013000'],
  [/currency/i, () => 'EUR'],
  [/country/i, () => 'DE'],
  [/lang(uage)?$|locale/i, () => 'en'],
  [/time_?zone/i, () => 'Europe/Berlin'],
  [/zip|post_?(al_?)?code/i, () => '10115'],
  [/colou?r$/i, () => '#336699'],
  [/amount|price|total|balance$/i, () => '3.00'],
  [/(^|_)(ip|ip_?address)$/i, () => '192.0.2.1'],
  [/user_?name|login|handle|nick|slug|sku|(^|_)key$/i, (random) => `tp-${token(random)}`],
  [/first_?name|given_?name/i, () => 'Sam'],
  [/last_?name|sur_?name|family_?name/i, () => 'Sample'],
]

/** A text of the schema's format, pattern and lengths; what its name asks for where they leave room. */
export function sampleText(
  schema: JsonSchema,
  { name, random, turn }: Pick<SampleState, 'name' | 'random' | 'turn'>,
): string {
  const { maxLength: most = 2000, pattern } = schema
  const least = Math.min(schema.minLength ?? 0, LONGEST)
  const regexp = pattern === undefined ? null : regexpOf(pattern)
  const takes = (text: string) => {
    const { length } = [...text]
    return length >= least && length <= most && (regexp === null || regexp.test(text) === true)
  }
  const format = Object.hasOwn(BY_FORMAT, schema.format ?? '') ? BY_FORMAT[schema.format ?? ''] : undefined
  const ofFormat = format?.(random, name)
  // Members of a list may have to differ.
  const unlike = turn === 0 ? '' : `${turn}${token(random).slice(0, 4)}`
  if (ofFormat !== undefined && takes(ofFormat))
    return turn === 0 ? ofFormat : unlikely(ofFormat, schema.format ?? '', turn)
  const named = turn === 0 ? BY_NAME.find(([wanted]) => wanted.test(name))?.[1](random, name) : undefined
  const plain = [`Sample ${token(random)}`, `tp-${token(random)}`, token(random), 'Sample', 'abc', '123456', 'AB']
  const told = typeof schema.default === 'string' && turn === 0 ? [schema.default] : []
  const candidates = [...told, ...(named === undefined ? [] : [named]), ...plain.map((each) => `${each}${unlike}`)]
  const found = candidates.flatMap((each) => [each, each.slice(0, most).trim(), each.padEnd(least, 'x')]).find(takes)
  if (found !== undefined) return found
  if (pattern !== undefined) return matchingText(pattern, random, { least, most }) ?? ofFormat ?? named ?? 'Sample'
  return ofFormat ?? 'x'.repeat(Math.min(Math.max(least, 1), most))
}

/** Another value of a format for a further member of a list. */
function unlikely(text: string, format: string, turn: number): string {
  if (format === 'date' || format === 'date-time')
    return text.replace(/-(\d\d)(?=T|$)/, () => `-${String((turn % 27) + 2).padStart(2, '0')}`)
  if (format === 'uri' || format === 'url') return `${text}${turn}`
  if (format === 'ipv4') return `192.0.2.${(turn % 250) + 2}`
  if (format === 'hostname') return `h${turn}.${text}`
  return text
}

/** Eight random characters. */
export const token = (random: () => number): string =>
  Array.from({ length: 8 }, () => '0123456789abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 36)]).join('')

const hex = (random: () => number, count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')

/** A version 4 UUID of the seeded randomness. */
export const uuid = (random: () => number): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`
