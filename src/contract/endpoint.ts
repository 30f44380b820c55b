import { type Access, isPublic, scopeToken } from './access.ts'
import type { AnyBody, BodyInput } from './body.ts'
import type { Context } from './context.ts'
import { type Flow, type FlowConfig, parseFlow } from './flow.ts'
import { type Lifecycle, parseLifecycle } from './lifecycle.ts'
import { type Limit, type LimitConfig, parseLimit, type Rate } from './limit.ts'
import type { Missing, NoBodyWith, NotInThePath, Presence } from './missing.ts'
import { type AnyReply, type Handled, nothing } from './reply.ts'
import { parseReplyHeaders, type ReplyHeaders, type ReplyHeadersConfig } from './reply-headers.ts'
import { type AnyResource, type ChildParam, isResource, type LoadedRow, type Resource } from './resource.ts'
import { type AnySchema, isSchema, type OutputOf } from './schema.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Route = `${Method} /${string}`

type ParamNames<R extends string> = R extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : R extends `${string}:${infer Name}`
    ? Name
    : never

// biome-ignore lint/suspicious/noExplicitAny: any child parameter, whatever its rows.
type AnyChild = ChildParam<string, any, any>
type AnyParam = AnyResource | AnyChild | AnySchema
type AnyParams = Readonly<Record<string, AnyParam>>

type ParamInput<P> = {
  readonly [Name in keyof P]: P[Name] extends ChildParam<infer N, infer Row, infer F>
    ? LoadedRow<Resource<N, Row, F>>
    : P[Name] extends AnyResource
      ? LoadedRow<P[Name]>
      : P[Name] extends AnySchema
        ? OutputOf<P[Name]>
        : never
}
type ObjectNames<P> = {
  [Name in keyof P]: P[Name] extends AnyResource | AnyChild ? Name : never
}[keyof P] &
  string
/** A rule about the objects of the path. A parameter that is not declared yet passes, so that the compiler's first line speaks of it. */
type AccessTo<R extends string, P> = RuleOn<NoInfer<ObjectNames<P> | Exclude<ParamNames<R>, keyof P>>>
type RuleOn<Names extends string> = [Names] extends [never] ? AccessWithoutObjects : Access<Names>
/** Where no path parameter is a resource, a rule cannot name an object. */
export interface AccessWithoutObjects extends Access {}

/** What a handler gets: the authorized objects by their parameter's name, and the validated body and query. */
export type HandlerInput<P, Q, B> = ParamInput<P> & {
  readonly body: BodyInput<B>
  readonly query: Q extends AnySchema ? OutputOf<Q> : undefined
}
type HandlerResult<Y> = [Y] extends [AnyResource] ? unknown : Handled<Y> | Promise<Handled<Y>>

interface Shared<R extends string, P, Q, B, Y> {
  // These four are demanded by Complete: a misspelled key among them is named only where none counts as missing here.
  /** One line for the docs. */
  readonly summary?: string
  readonly description?: string
  readonly query?: Q
  /** Who may. There is no default. */
  readonly access?: AccessTo<R, P>
  readonly limit?: Rate | LimitConfig
  readonly reply?: Y
  /** Status of success. Default 200, and 204 for `nothing`. */
  readonly status?: 200 | 201 | 202
  /** For a reply's rows where the resource's own `read` rule is not what holds here. Names the resource. */
  readonly each?: Access<string>
  readonly lifecycle?: Lifecycle
  readonly flow?: FlowConfig
  /** The scope with which API keys and other clients may call it, on top of `access`. Default: they may not. */
  readonly clients?: string
  /** Whether clients must send an Idempotency-Key. Default `accepted` for POST by whoever is signed in. */
  readonly idempotency?: 'required' | 'accepted'
  /** What `context.fetch` may call: exact origins, or any public address (for addresses that users give). Default nothing. */
  readonly outbound?: readonly string[] | 'public'
  /** Headers of success beyond the usual ones: a public cache, or a browser that forgets. */
  readonly headers?: ReplyHeadersConfig
  readonly tags?: readonly string[]
  readonly handle: (input: HandlerInput<P, Q, B>, context: Context) => HandlerResult<NoInfer<Y>>
  readonly params?: P
  // Typed by WithBody. Named here because the compiler infers nothing from an object that has a key too many and one too few.
  readonly body?: unknown
}

type Writes<R extends string> = R extends `${'POST' | 'PUT' | 'PATCH'} ${string}` ? true : false
type WithBody<R extends string, B> =
  Writes<R> extends true
    ? { readonly body?: B }
    : { readonly body?: NoBodyWith<R extends `${infer M} ${string}` ? M : never> }

interface Presences<S, A, L> {
  readonly summary?: Presence<S>
  readonly access?: Presence<A>
  readonly limit?: Presence<L>
}
// It stands first in the intersection, so that the first line of the compiler's answer shows it; `unknown` (nothing) where all is there.
type Complete<R extends string, P, B, S, A, L, Y> = [Exclude<ParamNames<R>, keyof P>] extends [never]
  ? [Exclude<keyof P, ParamNames<R>>] extends [never]
    ? [A] extends [never]
      ? Missing<'access: owns(…), role(…), signedIn or anyone(why)'>
      : [L] extends [never]
        ? Missing<'limit, for example 100/minute'>
        : [Y] extends [AnyResource]
          ? [Y] extends [never]
            ? Missing<'reply: <resource>.view, page(…), plain(…) or nothing'>
            : Missing<'reply: <resource>.view instead of the resource itself'>
          : [Writes<R>, B] extends [true, undefined]
            ? Missing<'body: <schema> or nothing'>
            : [S] extends [never]
              ? Missing<'summary: one line for the docs'>
              : unknown
    : NotInThePath<`:${Exclude<keyof P, ParamNames<R>> & string}`>
  : Missing<`params: { ${Exclude<ParamNames<R>, keyof P>}: <resource or schema> }`>

export interface Param {
  readonly name: string
  readonly resource: AnyResource | null
  /** Name of the parameter that holds the parent. */
  readonly within: string | null
  readonly schema: AnySchema | null
}

/** One method and path, with everything that holds for it. Inert. */
export interface Endpoint {
  readonly kind: 'endpoint'
  /** `GET /v1/invoices/:invoice`. */
  readonly id: string
  readonly method: Method
  readonly path: string
  readonly segments: readonly ({ readonly literal: string } | { readonly param: string })[]
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly params: readonly Param[]
  readonly query: AnySchema | null
  readonly body: AnyBody | null
  readonly access: Access<string>
  readonly limit: Limit
  readonly reply: AnyReply
  readonly status: number
  readonly each: Access<string> | null
  readonly lifecycle: Lifecycle
  readonly flow: Flow | null
  readonly clients: string | null
  readonly idempotency: 'required' | 'accepted' | 'none'
  readonly outbound: readonly string[] | 'public' | null
  /** Of successful replies, beyond the usual ones. Null for most. */
  readonly headers: ReplyHeaders | null
  readonly handle: (input: Readonly<Record<string, unknown>>, context: Context) => unknown
  /** What is wrong with the declaration itself; `review` prints all of it and `serve` refuses. */
  readonly faults: readonly string[]
}
export type AnyEndpoint = Endpoint

const UNLIMITED_BUT_FAULTY: Limit = parseLimit('1/second')
const KNOWN = [
  'summary',
  'description',
  'query',
  'access',
  'limit',
  'reply',
  'status',
  'each',
  'lifecycle',
  'flow',
  'idempotency',
  'outbound',
  'headers',
  'tags',
  'handle',
  'params',
  'body',
  'clients',
]
const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const REPLIES: readonly unknown[] = ['plain', 'stream', 'nothing']
const RESERVED = ['body', 'query', '__proto__', 'constructor', 'prototype']

/**
 * Declares one endpoint. Types refuse what they can see (a path parameter without a declaration, a POST without a body, a missing access
 * rule, an object that the path does not have); the rest is found by `review`, all at once.
 */
export function endpoint<
  const R extends Route,
  const P extends AnyParams = Record<never, never>,
  Q extends AnySchema | undefined = undefined,
  B extends AnyBody | undefined = undefined,
  const Y extends AnyReply | AnyResource = never,
  S = never,
  A = never,
  L = never,
>(
  route: R,
  config: Complete<R, P, B, S, A, L, Y> & Shared<R, P, Q, B, Y> & WithBody<R, B> & Presences<S, A, L>,
): Endpoint {
  const faults: string[] = []
  const attempt = <T>(make: () => T, fallback: T): T => {
    try {
      return make()
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error))
      return fallback
    }
  }
  const given = config as unknown as Readonly<Record<string, unknown>>
  for (const key of Object.keys(given))
    if (!KNOWN.includes(key)) faults.push(`unknown key "${key}"; an endpoint takes ${KNOWN.join(', ')}`)
  const [method = '', path = ''] = route.split(' ') as [Method, string]
  if (!METHODS.includes(method)) faults.push(`the method is "${method}"; use ${METHODS.join(', ')}`)
  if (config.status !== undefined && ![200, 201, 202].includes(config.status))
    faults.push(`status is ${config.status}; use 200, 201 or 202`)
  const segments = attempt(() => parsePath(path), [])
  const params = (config.params ?? {}) as Readonly<Record<string, AnyParam>>
  const names = segments.flatMap((segment) => ('param' in segment ? [segment.param] : []))
  for (const name of names) {
    if (!Object.hasOwn(params, name))
      faults.push(`the path parameter ":${name}" is not declared; add params: { ${name}: … }`)
    if (RESERVED.includes(name)) faults.push(`a path parameter cannot be called "${name}"`)
  }
  for (const name of Object.keys(params)) if (!names.includes(name)) faults.push(`params.${name} is not in the path`)
  const body = (given.body as AnyBody | undefined) ?? null
  if (['POST', 'PUT', 'PATCH'].includes(method) && body === null)
    faults.push('no body is declared; write body: <schema> or body: nothing')
  if (given.access === undefined)
    faults.push('no access rule is declared; write access: owns(…), role(…), signedIn or anyone(…)')
  const limit = given.limit as Rate | LimitConfig | null | undefined
  if (limit === undefined || limit === null) faults.push("no limit is declared; write limit: '100/minute'")
  const reply = parseReply(given.reply, faults)
  return Object.freeze({
    kind: 'endpoint',
    id: route,
    method: method as Method,
    path,
    segments,
    summary: config.summary ?? '',
    description: config.description ?? '',
    tags: config.tags ?? [],
    params: names.flatMap((name) =>
      params[name] === undefined ? [] : [parseParam(name, params[name], names, params, faults)],
    ),
    query: config.query ?? null,
    body,
    access: config.access as Access<string>,
    limit: attempt(() => (limit ? parseLimit(limit) : UNLIMITED_BUT_FAULTY), UNLIMITED_BUT_FAULTY),
    reply,
    status: config.status ?? ('kind' in reply && reply.kind === 'nothing' ? 204 : 200),
    each: config.each ?? null,
    lifecycle: attempt(() => parseLifecycle(config.lifecycle ?? {}), {}),
    flow: config.flow === undefined ? null : attempt(() => parseFlow(config.flow as FlowConfig), null),
    clients: config.clients === undefined ? null : attempt(() => scopeToken(config.clients as string), null),
    idempotency: config.idempotency ?? (method === 'POST' && !isOpenTo(given.access) ? 'accepted' : 'none'),
    outbound: config.outbound ?? null,
    headers: parseHeaders(config.headers, given.access, faults),
    handle: config.handle as unknown as Endpoint['handle'],
    faults,
  })
}

/** Nobody has no name to keep a reply under, so open endpoints take no Idempotency-Key by themselves. */
function isOpenTo(access: unknown): boolean {
  return access !== undefined && isPublic((access as Access<string>).data)
}

/** What anybody may keep must be for anybody: a cache asks for no credential. */
function parseHeaders(config: ReplyHeadersConfig | undefined, access: unknown, faults: string[]): ReplyHeaders | null {
  if (config === undefined) return null
  try {
    const headers = parseReplyHeaders(config)
    if (config.publicForSeconds !== undefined && !isOpenTo(access))
      faults.push('headers.publicForSeconds lets caches show the reply to anybody; the endpoint is not for anyone()')
    return headers
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error))
    return null
  }
}

/** The reply, or none beside a fault: the compiler refuses these, plain JavaScript does not. */
function parseReply(given: unknown, faults: string[]): AnyReply {
  if (isResource(given))
    faults.push(
      `the reply is the resource "${given.name}" itself, which has no shape of a reply; write reply: ${given.name}s.view`,
    )
  else if (given === undefined || given === null)
    faults.push('no reply is declared; write reply: <resource>.view, page(…), plain(…) or nothing')
  else if (!isSchema(given) && !REPLIES.includes((given as { kind?: unknown }).kind))
    faults.push('the reply is none; write reply: <resource>.view, page(…), plain(…) or nothing')
  else return given as AnyReply
  return nothing
}

/** `/v1/invoices/:invoice`: literal segments of unreserved characters, parameters as whole segments. */
function parsePath(path: string): Endpoint['segments'] {
  return path
    .slice(1)
    .split('/')
    .map((segment) => {
      if (/^:[a-zA-Z][a-zA-Z0-9]*$/.test(segment)) return { param: segment.slice(1) }
      if (/^[A-Za-z0-9._~-]+$/.test(segment) && segment !== '.' && segment !== '..') return { literal: segment }
      throw new RangeError(
        `"${path}" has the segment "${segment}"; use letters, digits, ".", "_", "~", "-" or a whole ":parameter"`,
      )
    })
}

function parseParam(
  name: string,
  param: AnyParam,
  names: readonly string[],
  params: Readonly<Record<string, AnyParam>>,
  faults: string[],
): Param {
  if (isResource(param)) return { name, resource: param, within: null, schema: null }
  if (isSchema(param)) return { name, resource: null, within: null, schema: param }
  const { resource, parent } = param
  const holder = names.slice(0, names.indexOf(name)).find((other) => other === parent)
  const above = holder === undefined ? undefined : params[holder]
  if (above === undefined || !isResource(above))
    faults.push(`params.${name} is within "${parent}", but no object ":${parent}" stands before it in the path`)
  else if (!Object.hasOwn(resource.parents, above.name)) {
    faults.push(
      `resource "${resource.name}" does not say which field links it to "${above.name}"; add parents: { ${above.name}: '…' }`,
    )
  }
  return { name, resource, within: parent, schema: null }
}
