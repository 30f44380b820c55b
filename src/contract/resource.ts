import { z } from 'zod'
import { type Access, owns } from './access.ts'
import type { Context } from './context.ts'
import type { Missing, Presence } from './missing.ts'
import type { Principal } from './principal.ts'
import { type AnySchema, type JsonSchema, jsonSchemaOf, type OutputOf, type Schema } from './schema.ts'
import { unsayable } from './unsayable.ts'

type MaybePromise<T> = T | Promise<T>

/** A value that is encrypted at rest. Printing it shows its mask; `reveal` opens it and is audited. */
export interface SealedValue<T> {
  /** Null when the owner's key was destroyed. */
  reveal(reason: string): Promise<T | null>
}

export type MaskName = 'card' | 'email' | 'phone' | 'last4'
export type Mask = MaskName | ((value: string) => string)

/** What holds for one field, in every input and every reply. */
export interface FieldRule {
  /** Who sees it in clear. Others see the mask, or nothing where there is none. `false`: never in a reply. */
  readonly read?: Access<string> | false
  /** Who may set it. `false`: nobody through the API. */
  readonly write?: Access<string> | false
  readonly mask?: Mask
  /** Encrypted at rest under the owner's data key. */
  readonly seal?: true
}

type FieldRules<Row> = { readonly [K in keyof Row & string]?: FieldRule }
type SealedKeys<F> = { [K in keyof F]: F[K] extends { readonly seal: true } ? K : never }[keyof F]

/** As the database holds it: sealed fields are sealed text. */
export type Stored<Row, F> = {
  [K in keyof Row]: K extends SealedKeys<F> ? string | Extract<Row[K], null | undefined> : Row[K]
}
/** As a handler gets it: sealed fields open only by `reveal`. */
export type Loaded<Row, F> = {
  readonly [K in keyof Row]: K extends SealedKeys<F>
    ? SealedValue<NonNullable<Row[K]>> | Extract<Row[K], null | undefined>
    : Row[K]
}
/** As a handler may return it. */
export type Returned<Row, F> = {
  readonly [K in keyof Row]: K extends SealedKeys<F>
    ? string | SealedValue<NonNullable<Row[K]>> | Extract<Row[K], null | undefined>
    : Row[K]
}

/** What can be sealed for storage: plain values, and values that are sealed already. */
export type Sealable<Row, F> = {
  readonly [K in keyof Row]: K extends SealedKeys<F> ? Row[K] | SealedValue<NonNullable<Row[K]>> : Row[K]
}

export interface ResourceConfig<Name extends string, S extends AnySchema, F extends FieldRules<OutputOf<S>>> {
  /** The whole row. Bounded everywhere, strict. */
  readonly schema: S
  readonly id: keyof OutputOf<S> & string
  /** The field that holds the owner's subject. Null for objects that are nobody's; then `read` is required. */
  readonly owner: (keyof OutputOf<S> & string) | null
  /** The field that holds the tenant. Null when the API has no tenants. */
  readonly tenant: (keyof OutputOf<S> & string) | null
  /** Who may know that one exists, and read it. Default: its owner. What the caller may not read is the same 404 as what never was. */
  readonly read?: Access<NoInfer<Name>>
  /** Who may name one in a body or query (`ref`). Default: the `read` rule. The tenant wall always holds. */
  readonly refer?: Access<NoInfer<Name>>
  /** Arrays in, verdicts out: one query for a whole page. */
  readonly relations?: Readonly<
    Record<
      string,
      (
        rows: readonly Stored<OutputOf<S>, F>[],
        principal: Principal,
        context: Context,
      ) => MaybePromise<readonly boolean[]>
    >
  >
  /** Links to parents for nested paths: parent name → field with the parent's id. */
  readonly parents?: Readonly<Record<string, keyof OutputOf<S> & string>>
  readonly fields?: F
  /** Loads rows by id, in any order; what is missing is left out. */
  readonly find: (ids: readonly string[], context: Context) => MaybePromise<readonly Stored<OutputOf<S>, F>[]>
  /** Loads rows that a body or query names, where callers may name more than they may read. Default: `find`. */
  readonly findToRefer?: (ids: readonly string[], context: Context) => MaybePromise<readonly Stored<OutputOf<S>, F>[]>
}

// As in endpoint.ts: the first line of the compiler's answer says what to write.
type Complete<O, T> = [O] extends [never]
  ? Missing<"owner: a field, or null for what is nobody's">
  : [T] extends [never]
    ? Missing<'tenant: a field, or null for an API without tenants'>
    : unknown

export type Finder = (
  ids: readonly string[],
  context: Context,
) => MaybePromise<readonly Readonly<Record<string, unknown>>[]>

/** A kind of object: schema, id, owner, tenant, relations, fields, how to find it. */
export interface Resource<Name extends string, Row, F> {
  readonly kind: 'resource'
  readonly name: Name
  readonly uid: number
  readonly schema: Schema<unknown, Row>
  readonly id: string
  readonly owner: string | null
  readonly tenant: string | null
  readonly read: Access<string>
  readonly refer: Access<string>
  readonly relations: Readonly<Record<string, RelationFunction>>
  readonly parents: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, FieldRule>>
  readonly findToRefer: Finder
  readonly find: Finder
  /** A row of it in a reply: projected and masked for whoever reads it. */
  readonly view: z.ZodType<Returned<Row, F>>
  /** Its id in a body or query: loaded and authorized, so that the handler gets the object. */
  readonly ref: z.ZodType<Loaded<Row, F>, string>
  /** A path parameter that must be a child of the parent in the same path. */
  within(parent: string): ChildParam<Name, Row, F>
  readonly '~row'?: { readonly plain: Row; readonly fields: F }
}

export type RelationFunction = (
  rows: readonly Readonly<Record<string, unknown>>[],
  principal: Principal,
  context: Context,
) => MaybePromise<readonly boolean[]>

export interface ChildParam<Name extends string, Row, F> {
  readonly kind: 'child'
  readonly resource: Resource<Name, Row, F>
  readonly parent: string
}

// biome-ignore lint/suspicious/noExplicitAny: any resource, whatever its rows; `unknown` would not be assignable both ways.
export type AnyResource = Resource<string, any, any>

export type SealableRow<R> = R extends Resource<string, infer Row, infer F> ? Sealable<Row, F> : never
export type StoredRow<R> = R extends Resource<string, infer Row, infer F> ? Stored<Row, F> : never
export type LoadedRow<R> = R extends Resource<string, infer Row, infer F> ? Loaded<Row, F> : never

const registry = new Map<number, AnyResource>()

/** The resource behind an `x-turnpike-uid` of this process. */
export function resourceByUid(uid: number): AnyResource {
  const found = registry.get(uid)
  if (!found) throw new TypeError(`no resource has uid ${uid} in this process`)
  return found
}

/**
 * Declares a kind of object once; endpoints name it in their paths, inputs and replies.
 * @throws {TypeError} When a key is not a field of the schema, or an object that nobody owns has no `read` rule.
 */
export function resource<
  const Name extends string,
  S extends AnySchema,
  const F extends FieldRules<OutputOf<S>> = Record<never, never>,
  O = never,
  T = never,
>(
  name: Name,
  config: Complete<O, T> & ResourceConfig<Name, S, F> & { readonly owner?: Presence<O>; readonly tenant?: Presence<T> },
): Resource<Name, OutputOf<S>, F> {
  // The types refuse this; JavaScript does not.
  for (const [key, otherwise] of [
    ['owner', 'it is nobody’s'],
    ['tenant', 'the API has no tenants'],
  ] as const) {
    if ((config as { readonly [key: string]: unknown })[key] === undefined)
      throw new TypeError(
        `resource "${name}" has no key "${key}"; write ${key}: '<field>', or ${key}: null when ${otherwise}`,
      )
  }
  const [unsaid] = unsayable(config.schema, 'output')
  if (unsaid)
    throw new TypeError(
      `resource "${name}": ${unsaid.at === '' ? 'its schema' : unsaid.at.slice(1)}: ${unsaid.reason}; write for example z.iso.datetime() for a date`,
    )
  const shape = jsonSchemaOf(config.schema, 'output')
  const fields = Object.keys(shape.properties ?? {})
  const named = [
    config.id,
    config.owner,
    config.tenant,
    ...Object.values(config.parents ?? {}),
    ...Object.keys(config.fields ?? {}),
  ]
  for (const key of named) {
    if (key !== null && !fields.includes(key as string)) {
      throw new TypeError(`resource "${name}": "${String(key)}" is no field of its schema; it has ${fields.join(', ')}`)
    }
  }
  if (config.owner === null && config.read === undefined) {
    throw new TypeError(
      `resource "${name}" has no owner: say who may read it, for example read: anyone('a public catalogue') or read: role('staff')`,
    )
  }
  const uid = registry.size + 1
  const read = config.read ?? owns(name)
  const made = {
    kind: 'resource' as const,
    name,
    uid,
    schema: config.schema,
    id: config.id,
    owner: config.owner,
    tenant: config.tenant,
    read,
    refer: config.refer ?? read,
    relations: Object.freeze({ ...config.relations }) as Readonly<Record<string, RelationFunction>>,
    parents: Object.freeze({ ...config.parents }) as Readonly<Record<string, string>>,
    fields: Object.freeze({ ...config.fields }) as Readonly<Record<string, FieldRule>>,
    find: config.find,
    findToRefer: config.findToRefer ?? config.find,
    view: z.any().meta({ 'x-turnpike-view': name, 'x-turnpike-uid': uid }),
    ref: idSchema(shape.properties?.[config.id] ?? {}).meta({ 'x-turnpike-ref': name, 'x-turnpike-uid': uid }),
    within: (parent: string) => Object.freeze({ kind: 'child' as const, resource: made, parent }),
  } as unknown as Resource<Name, OutputOf<S>, F>
  registry.set(uid, Object.freeze(made))
  return made
}

/** Whether the value is declared with `resource()`. */
export function isResource(value: unknown): value is AnyResource {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'resource'
}

function idSchema(id: JsonSchema): z.ZodType {
  if (id.type === 'integer')
    return z
      .int()
      .min(id.minimum ?? 0)
      .max(id.maximum ?? Number.MAX_SAFE_INTEGER)
  if (id.format === 'uuid') return z.uuid()
  const text = z
    .string()
    .min(1)
    .max(id.maxLength ?? 128)
  // The pattern is the contract author's own, written at start-up, never a caller's.
  // eslint-disable-next-line security/detect-non-literal-regexp
  return id.pattern === undefined ? text : text.regex(new RegExp(id.pattern, 'u'))
}
