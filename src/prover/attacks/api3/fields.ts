import type { JsonSchema } from '../../../contract/schema.ts'
import type { IdentityPlan, Operation, Plan, Resource } from '../../plan/plan.ts'
import { objectIn, replySchema } from '../../plan/reply-shape.ts'
import { at } from '../../pointer.ts'
import { isBarred } from './field-rules.ts'

/** A property that a caller might set although nobody offered it to him. */
export interface Field {
  /** JSON Pointer in the body that is sent. */
  readonly at: string
  /** JSON Pointer in what is read back. */
  readonly readAt: string
  readonly name: string
  readonly schema: JsonSchema | null
  /** The API speaks of it, in a schema or a reply; otherwise it is a guess. */
  readonly known: boolean
  readonly readOnly: boolean
  readonly kind: FieldKind
}

/** What a property decides: rights, whose the object is, money and state, or nothing of the kind. */
export type FieldKind = 'privilege' | 'owner' | 'state' | 'plain'

const PRIVILEGE =
  /^(is[_-]?)?(roles?|admin|administrator|permissions?|scopes?|staff|super_?user|root|privileges?|access_?level|(user|account)_?type)$/i
const OWNER =
  /^((owner|user|tenant|org|organi[sz]ation|company|workspace|team|account|author|creator|customer|member|patient)_?(id|uuid)|owner|author|creator|created_?by|tenant)$/i
const STATE =
  /^(is[_-]?)?(balance|credits?|price|unit_?price|amount|total|subtotal|discount|fee|points|quota|paid|refunded|(e-?mail_?|phone_?)?verified|status|state|approved|active|enabled|banned|suspended|locked|plan|tier|premium|published|featured|rating|score)$|(verified|approved|paid)_?at$/i
/** Names, links and counters of the API's own making, which mean nothing or which clients send on purpose. */
const NEUTRAL = /^(_?id|uuid|_?links?|href|self|url|uri|version|revision|_?rev|__v|etag)$/i

export function kindOf(name: string, resource: Resource | null): FieldKind {
  if (name === resource?.owner || name === resource?.tenant || OWNER.test(name)) return 'owner'
  if (PRIVILEGE.test(name)) return 'privilege'
  return STATE.test(name) ? 'state' : 'plain'
}

/** The properties of a schema, those of its alternatives included. */
export function propertiesOf(schema: JsonSchema, depth = 0): Readonly<Record<string, JsonSchema>> {
  if (depth > 3) return {}
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return Object.assign({}, ...branches.map((each) => propertiesOf(each, depth + 1)), schema.properties) as Record<
    string,
    JsonSchema
  >
}

/** Pointer to the object that a body is about: `/user` where everything stands in `{ user: {…} }`, otherwise the whole. */
export function bodyRoot({ read }: Operation): string {
  const [content] = read.body?.content ?? []
  const [only, ...others] = Object.entries(propertiesOf(content?.schema ?? {}))
  return only !== undefined && others.length === 0 && only[1].properties !== undefined ? `/${only[0]}` : ''
}

/** What bodies may hold, at their root. */
export function requestSchemas(operation: Operation): readonly JsonSchema[] {
  const name = bodyRoot(operation).slice(1)
  return (operation.read.body?.content ?? []).map(({ schema }) =>
    name === '' ? schema : (propertiesOf(schema)[name] ?? schema),
  )
}

/** Whether anybody wrote down what the body may hold. A recording shows what was sent, not what may be. */
export const isDescribed = (operation: Operation, { source }: Plan): boolean =>
  source !== 'har' && requestSchemas(operation).some((schema) => Object.keys(propertiesOf(schema)).length > 0)

/** Whether the body may hold anything by intention. */
export const takesAnything = (operation: Operation): boolean =>
  requestSchemas(operation).some(
    ({ additionalProperties }) => additionalProperties === true || typeof additionalProperties === 'object',
  )

/** Whether the contract shuts unknown properties out. */
export const isClosed = (operation: Operation): boolean =>
  requestSchemas(operation).some(
    ({ additionalProperties, unevaluatedProperties }) =>
      additionalProperties === false || unevaluatedProperties === false,
  )

/** Names that the request offers to this caller: no finding where they take effect. */
export function offeredNames(operation: Operation, resource: Resource | null, who: IdentityPlan): ReadonlySet<string> {
  const names = requestSchemas(operation).flatMap((schema) =>
    Object.entries(propertiesOf(schema)).flatMap(([name, property]) => (property.readOnly === true ? [] : [name])),
  )
  const sampled = operation.samples.flatMap(({ body }) => Object.keys(at(body, bodyRoot(operation)) ?? {}))
  const rules = resource?.extension?.fields ?? {}
  return new Set(
    [...names, ...sampled].filter((name) => !Object.hasOwn(rules, name) || !isBarred(rules[name]?.write, who, true)),
  )
}

/** The properties of the object that an operation is about, as schemas and a reply show them. */
export function knownFields(
  plan: Plan,
  operation: Operation,
  resource: Resource | null,
  shown: Readonly<Record<string, unknown>>,
): readonly Field[] {
  const readers = [operation, plan.operations.find(({ id }) => id === resource?.read)]
  const replies = readers.flatMap((each) => {
    const schema = each ? replySchema(each.read) : null
    return schema === null ? [] : [propertiesOf(objectIn(schema, resource?.name ?? '').schema)]
  })
  const requests = requestSchemas(operation).map((schema) => propertiesOf(schema))
  const schemas: Record<string, JsonSchema> = Object.assign({}, ...requests, ...replies)
  const names = new Set([
    ...Object.keys(shown),
    ...replies.flatMap((each) => Object.keys(each)),
    ...requestReadOnly(requests),
  ])
  return [...names].flatMap((name): Field[] => {
    const schema = schemas[name] ?? null
    if (NEUTRAL.test(name) || name === resource?.id || isNested(shown[name], schema)) return []
    const readOnly = [...requests, ...replies].some((each) => each[name]?.readOnly === true)
    return [field({ at: `/${name}`, name, schema, known: true, readOnly, kind: kindOf(name, resource) })]
  })
}

const requestReadOnly = (requests: readonly Readonly<Record<string, JsonSchema>>[]): readonly string[] =>
  requests.flatMap((each) => Object.keys(each).filter((name) => each[name]?.readOnly === true))

function isNested(value: unknown, schema: JsonSchema | null): boolean {
  if (typeof value === 'object' && value !== null)
    return !Array.isArray(value) || value.some((item) => typeof item === 'object' && item !== null)
  return schema?.properties !== undefined || schema?.items?.properties !== undefined
}

export const field = (given: Omit<Field, 'readAt'> & { readonly readAt?: string }): Field => ({
  ...given,
  readAt: given.readAt ?? given.at,
})

/** A usual name of which neither schemas nor replies speak. */
export const guess = (name: string, kind: FieldKind): Field =>
  field({ at: `/${name}`, name, schema: null, known: false, readOnly: false, kind })
