import type { ReadContent } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { at, leavesOf, withAt } from '../pointer.ts'
import { fits } from './fits.ts'
import { resourceInName } from './names.ts'
import type { Operation, Reference, Sample } from './plan.ts'
import { plantCanary } from './plant-canary.ts'
import { sampleOf, token } from './sample.ts'

export interface BodyFill {
  readonly random: () => number
  readonly canary?: string
  /** Only what must be there. */
  readonly minimal?: boolean
  /** The id that goes to a place; null where none is known. */
  idFor(reference: Reference): string | null
}

export interface BuiltBody {
  readonly body: unknown
  /** Where the canary stands; null where it has no place. */
  readonly at: string | null
}

const NONE: BuiltBody = { body: undefined, at: null }

/** A body as recordings, examples and the schema have it, with the ids that are known, fresh names and the canary. */
export function buildBody(
  operation: Operation,
  fill: BodyFill,
  sample: Sample | null,
  content: ReadContent | null,
): BuiltBody {
  if (!content && sample?.body === undefined) return NONE
  const schema = content?.schema ?? {}
  const mediaType = sample?.mediaType ?? content?.mediaType ?? 'application/json'
  if (sample?.body === undefined && !/json|form/.test(mediaType)) return rawBody(mediaType, schema, fill)
  let body =
    sample?.body ??
    exampleOf(content, fill) ??
    sampleOf(schema, { random: fill.random, optional: fill.minimal !== true })
  if (typeof body !== 'object' || body === null) return { body, at: null }
  if (operation.purpose === 'create' || operation.purpose === 'auth') body = withFreshNames(body, fill.random)
  if (operation.purpose !== 'auth') body = withFreshTimes(body, fill.random)
  body = withIds(body, operation, fill)
  if (sample?.body === undefined) body = withoutStrangers(body, operation, schema, fill)
  const planted =
    fill.canary === undefined
      ? null
      : (plantCanary(body, schema, fill.canary) ?? plantCanary(body, undescribed(body as object, schema), fill.canary))
  const whole = planted ?? { body, at: null }
  return mediaType.startsWith('multipart/') ? withFiles(whole, schema, fill) : whole
}

/** The document's example, where it is one of the schema. */
function exampleOf(content: ReadContent | null, { minimal }: BodyFill): unknown {
  const example = content?.examples.find(
    (each) => typeof each === 'object' && each !== null && fits(content.schema, each),
  )
  return minimal === true ? undefined : example
}

function withIds(given: unknown, operation: Operation, fill: BodyFill): unknown {
  let body = given
  for (const reference of operation.references) {
    if (reference.in !== 'body') continue
    const id = fill.idFor(reference)
    if (id === null || at(body, reference.name.split('/*')[0] as string) === undefined) continue
    body = withAt(body, reference.name, sameType(at(body, reference.name.replaceAll('*', '0')), id))
  }
  return body
}

const sameType = (sample: unknown, id: string): unknown =>
  typeof sample === 'number' && /^-?\d+$/.test(id) ? Number(id) : id

/** Made-up ids that may be left out: they would name nothing. */
function withoutStrangers(given: unknown, operation: Operation, schema: JsonSchema, fill: BodyFill): unknown {
  const places = operation.references.filter((each) => each.in === 'body')
  let body = given
  for (const leaf of [...leavesOf(given)]) {
    const place = leaf.at.replaceAll(/\/\d+(?=\/|$)/g, '/*')
    const reference = places.find(({ name }) => name === place)
    const name = place.replace(/\/\*$/, '').split('/').at(-1) ?? ''
    if (reference ? fill.idFor(reference) !== null : resourceInName(name) === null) continue
    const whole = place.endsWith('/*') ? leaf.at.replace(/\/\d+$/, '') : leaf.at
    if (!isRequired(schema, whole)) body = withAt(body, whole, undefined)
  }
  return body
}

function isRequired(schema: JsonSchema, pointer: string): boolean {
  const keys = pointer.split('/').slice(1)
  let held: JsonSchema | undefined = schema
  for (const key of keys.slice(0, -1)) held = held?.properties?.[key] ?? held?.items
  const last = keys.at(-1) ?? ''
  return held === undefined || /^\d+$/.test(last) || (held.required ?? []).includes(last)
}

/** What an example calls its own may be taken: addresses, user names, slugs. */
function withFreshNames(body: unknown, random: () => number): unknown {
  let fresh = body
  for (const leaf of leavesOf(body)) {
    if (typeof leaf.value !== 'string') continue
    if (/^[^@\s]{1,100}@[^@\s]{1,100}\.[a-z]{2,}$/i.test(leaf.value))
      fresh = withAt(fresh, leaf.at, `tp-${token(random)}@example.com`)
    else if (/\/(user_?name|login|handle|nick_?name|slug|sku)$/i.test(leaf.at) && /^[\w.-]{3,}$/.test(leaf.value))
      fresh = withAt(fresh, leaf.at, `tp-${token(random)}`)
  }
  return fresh
}

const MOST_WEEKS = 150
const MOST_QUARTERS = 8

/**
 * Two bookings of one time collide: all times of a body that lie ahead are moved alike, by whole weeks and quarters of an hour, so
 * that order and weekday stay, and nearly the time of day.
 */
function withFreshTimes(body: unknown, random: () => number): unknown {
  const weeks = Math.floor(random() * MOST_WEEKS)
  const later = (weeks * 7 * 96 + Math.floor(random() * MOST_QUARTERS)) * 900_000
  let fresh = body
  for (const { at: place, value } of leavesOf(body)) {
    if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z$/.test(value)) continue
    const time = Date.parse(value)
    if (!(time > Date.now())) continue
    const moved = new Date(time + later).toISOString()
    fresh = withAt(fresh, place, value.length === 20 ? moved.replace(/\.\d+Z$/, 'Z') : moved)
  }
  return fresh
}

/** What a recording or an example holds beyond the schema: a text that the schema describes has its reasons for not taking the canary. */
function undescribed(body: object, { properties = {} }: JsonSchema): JsonSchema {
  return schemaFrom(
    Array.isArray(body)
      ? body
      : Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(properties, name))),
  )
}

/** A recorded body says its own shape. */
function schemaFrom(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array', items: schemaFrom(value[0]) }
  if (typeof value !== 'object' || value === null) return { type: value === null ? 'null' : typeof value }
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, schemaFrom(each)])),
  }
}

/** A picture of one pixel, and the least that is a document or a text: what checks of types look at. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
)

function fileOf(name: string, mediaType: string, canary: string | undefined): Buffer {
  const note = Buffer.from(canary ?? 'A file of a test run.')
  if (/image|photo|avatar|picture|logo|png/i.test(`${name} ${mediaType}`)) return Buffer.concat([PNG, note])
  if (/pdf/i.test(`${name} ${mediaType}`))
    return Buffer.concat([Buffer.from('%PDF-1.4\n'), note, Buffer.from('\n%%EOF\n')])
  return note
}

const isFile = (schema: JsonSchema): boolean =>
  schema.format === 'binary' ||
  schema.contentMediaType !== undefined ||
  (schema.type === undefined && schema.format === 'file')

/** Fields of an upload that are files; the canary goes into the first where no text takes it. */
function withFiles({ body, at: place }: BuiltBody, schema: JsonSchema, fill: BodyFill): BuiltBody {
  let [whole, where] = [body, place]
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isList = property.items !== undefined && isFile(property.items)
    if ((!isFile(property) && !isList) || !Object.hasOwn(whole as object, name)) continue
    const canary = where === null ? fill.canary : undefined
    whole = { ...(whole as object), [name]: fileOf(name, String(property.contentMediaType ?? ''), canary) }
    if (canary !== undefined) where = `/${name}`
  }
  return { body: whole, at: where }
}

/** A body that is neither JSON nor a form: bytes of its type, or a text. */
function rawBody(mediaType: string, schema: JsonSchema, fill: BodyFill): BuiltBody {
  if (/^text\/|xml|yaml|csv/.test(mediaType)) {
    const text = sampleOf(schema.type === 'string' ? schema : { type: 'string' }, { random: fill.random })
    return { body: fill.canary ?? String(text), at: fill.canary === undefined ? null : '' }
  }
  return { body: fileOf('', mediaType, fill.canary), at: fill.canary === undefined ? null : '' }
}
