import type { ReadDocument, ReadOperation, ReadParameter } from '../../contract/from-openapi/document.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../../contract/from-openapi/json-object.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { at } from '../pointer.ts'
import { templatesOf } from './har-paths.ts'
import { resourceOfSegment } from './names.ts'
import { BEARER, type CredentialPlace, type Sample } from './plan.ts'
import { idOf, objectIn } from './reply-shape.ts'
import { schemaOfSamples } from './schema-of-samples.ts'

export interface HarReading {
  readonly document: ReadDocument
  /** By operation id, the newest first. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>
  /** Ids by resource that the recorded person used, those that she made or changed first. Whose they are is not said. */
  readonly seen: Readonly<Record<string, readonly string[]>>
  /** Where the credential stood; a bearer token where the recording was cleaned of it. */
  readonly place: CredentialPlace
  /** Whether `place` was seen. */
  readonly placeIsSeen: boolean
  /** Headers against forged requests as they were last sent: they belong to the recorded session, not to the requests. */
  readonly csrf: Readonly<Record<string, string>>
  /** What was left out and why, for people. */
  readonly ignored: readonly string[]
}

interface Entry {
  readonly method: string
  readonly url: URL
  /** Below the base path. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly mediaType: string | null
  readonly status: number
  readonly reply: unknown
  readonly replyType: string
}

const ASSET = /\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|html?|mp4|wasm)$/i
const NO_API =
  /^(?:text\/(?:html|css|javascript)|image\/|font\/|video\/|audio\/|application\/(?:javascript|wasm|manifest))/i

/**
 * Reads a recording (HAR 1.2, of a browser or a proxy, cleaned of secrets or not) as a document of what was used.
 * Nothing in it makes this throw; what cannot be used is told in `ignored`.
 * @param base - Address of the target: entries of other origins, and outside its path, are left out.
 * @param identity - Whose recording it is.
 */
export function readHar(given: unknown, base: URL, identity: string): HarReading {
  const ignored = new Map<string, number>()
  const skip = (why: string): [] => {
    ignored.set(why, (ignored.get(why) ?? 0) + 1)
    return []
  }
  const entries = listOf(objectOf(objectOf(given).log).entries)
  if (entries.length === 0) skip('no entries: it is no HAR, or an empty one')
  const used = entries.flatMap((entry) => entryOf(entry, base, skip))
  const templates = templatesOf(used.map(({ path }) => path))
  const groups = new Map<string, Entry[]>()
  for (const entry of used) {
    const id = `${entry.method} ${templates.templateOf(entry.path)}`
    groups.set(id, [...(groups.get(id) ?? []), entry])
  }
  const place = placeIn(used)
  const answered = [...groups].filter(([id, all]) => all.some(works) || skip(`${id} never succeeded`).length > 0)
  return {
    document: documentOf(answered, templates.parametersIn, place ?? BEARER, base),
    samples: Object.fromEntries(
      answered.map(([id, all]) => [id, samplesOf(all.filter(works), templates.parametersIn, identity)]),
    ),
    seen: seenIn(answered, templates.parametersIn),
    place: place ?? BEARER,
    placeIsSeen: place !== null,
    csrf: csrfIn(used),
    ignored: [...ignored].map(([why, count]) => (count === 1 ? why : `${why} (${count} times)`)),
  }
}

const works = ({ status }: Entry): boolean => (status >= 200 && status < 400) || status === 0

function entryOf(given: unknown, base: URL, skip: (why: string) => []): readonly Entry[] {
  const { request, response } = objectOf(given)
  const { url: address, method } = objectOf(request)
  const url = URL.canParse(textOf(address)) ? new URL(textOf(address)) : null
  const verb = textOf(method).toUpperCase()
  if (url === null) return skip('entries without an address')
  if (url.host !== base.host) return skip(`requests to ${url.host}`)
  if (!/^[A-Z]{3,10}$/.test(verb) || verb === 'OPTIONS' || verb === 'CONNECT') return skip('preflights and tunnels')
  const prefix = base.pathname.replace(/\/$/, '')
  if (prefix !== '' && url.pathname !== prefix && !url.pathname.startsWith(`${prefix}/`))
    return skip(`requests outside ${prefix}`)
  const reply = contentOf(objectOf(objectOf(response).content))
  if (ASSET.test(url.pathname) || NO_API.test(reply.mediaType)) return skip('pages, scripts and pictures')
  const sent = bodyOf(objectOf(objectOf(request).postData))
  const status = objectOf(response).status
  return [
    {
      method: verb,
      url,
      path: decodedPath(url.pathname.slice(prefix.length)),
      headers: namedValues(objectOf(request).headers),
      body: sent.value,
      mediaType: sent.mediaType,
      status: typeof status === 'number' ? status : 0,
      reply: reply.value,
      replyType: reply.mediaType,
    },
  ]
}

const decodedPath = (path: string): string => (path === '' ? '/' : path)

/** Names in lower case; pseudo headers of HTTP/2 are not headers. */
function namedValues(given: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listOf(given).flatMap((each) => {
      const name = textOf(objectOf(each).name).toLowerCase()
      return name === '' || name.startsWith(':') ? [] : [[name, textOf(objectOf(each).value)] as const]
    }),
  )
}

function contentOf({ text, encoding, mimeType }: JsonObject): { readonly value: unknown; readonly mediaType: string } {
  const mediaType = textOf(mimeType).split(';')[0]?.trim().toLowerCase() ?? ''
  const plain = encoding === 'base64' ? Buffer.from(textOf(text), 'base64').toString('utf8') : textOf(text)
  return { value: parsed(plain), mediaType }
}

function bodyOf(given: JsonObject): { readonly value: unknown; readonly mediaType: string | null } {
  const { text, mimeType, params, encoding } = given
  const mediaType = textOf(mimeType).split(';')[0]?.trim().toLowerCase() ?? ''
  const pairs = listOf(params).map((each): [string, string] => [
    textOf(objectOf(each).name),
    textOf(objectOf(each).value),
  ])
  if (pairs.length > 0 && /form/.test(mediaType)) return { value: Object.fromEntries(pairs), mediaType }
  const plain = encoding === 'base64' ? Buffer.from(textOf(text), 'base64').toString('utf8') : textOf(text)
  if (plain === '') return { value: undefined, mediaType: null }
  if (mediaType === 'application/x-www-form-urlencoded')
    return { value: Object.fromEntries(new URLSearchParams(plain)), mediaType }
  const value = parsed(plain)
  return {
    value: value ?? plain,
    mediaType: mediaType === '' ? (value === undefined ? 'text/plain' : 'application/json') : mediaType,
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Sent by every browser, or by the connection: no part of the API. */
const ORDINARY =
  /^(?:accept|accept-.*|connection|content-length|content-type|host|origin|referer|user-agent|cache-control|pragma|dnt|te|priority|upgrade-insecure-requests|sec-.*|if-.*|x-requested-with|traceparent|tracestate|sentry-trace|baggage|x-turnpike-run)$/
const CREDENTIAL =
  /^(?:authorization|cookie|proxy-authorization|x-?(?:api-?key|auth-?token|access-?token|session-?(?:id|token)))$/

const CSRF = /^x-(?:csrf|xsrf)(?:-?token)?$/

const csrfIn = (entries: readonly Entry[]): Readonly<Record<string, string>> =>
  Object.fromEntries(entries.flatMap(({ headers }) => Object.entries(headers).filter(([name]) => CSRF.test(name))))

/** Where the recording shows a credential; a cleaned one shows none. */
function placeIn(entries: readonly Entry[]): CredentialPlace | null {
  for (const { headers } of entries) {
    const { authorization, cookie } = headers
    const word = authorization === undefined ? undefined : /^([A-Za-z-]{1,20}) /.exec(authorization)?.[1]
    if (authorization !== undefined) return { ...BEARER, prefix: word === undefined ? '' : `${word} ` }
    const key = Object.keys(headers).find((name) => CREDENTIAL.test(name) && name !== 'cookie')
    if (key !== undefined) return { in: 'header', name: key, prefix: '' }
    const names = (cookie ?? '').split(';').map((pair) => pair.split('=')[0]?.trim() ?? '')
    const session = names.find((name) => /sess|sid|token|auth|jwt/i.test(name) && !/csrf|xsrf/i.test(name))
    if (session !== undefined) return { in: 'cookie', name: session, prefix: '' }
  }
  return null
}

type Groups = readonly (readonly [id: string, entries: readonly Entry[]])[]
type ParametersIn = (path: string) => Readonly<Record<string, string>>

function samplesOf(entries: readonly Entry[], parametersIn: ParametersIn, identity: string): readonly Sample[] {
  return entries
    .slice(-5)
    .reverse()
    .map(({ url, path, headers, body, mediaType }) => ({
      identity,
      params: parametersIn(path),
      query: [...url.searchParams],
      // Credentials and tokens against forged requests come with whoever sends.
      headers: Object.fromEntries(
        Object.entries(headers).filter(([name]) => !ORDINARY.test(name) && !CREDENTIAL.test(name) && !CSRF.test(name)),
      ),
      body,
      mediaType,
    }))
}

function seenIn(groups: Groups, parametersIn: ParametersIn): Readonly<Record<string, readonly string[]>> {
  const found = new Map<string, { readonly id: string; readonly weight: number }[]>()
  const gone = new Set<string>()
  const add = (resource: string, id: string, weight: number) =>
    found.set(resource, [...(found.get(resource) ?? []), { id, weight }])
  for (const [operation, entries] of groups) {
    const [method = '', template = ''] = operation.split(' ')
    const segments = template.split('/')
    for (const { path, reply, status } of entries.filter(works)) {
      for (const [name, id] of Object.entries(parametersIn(path))) {
        const before = segments[segments.indexOf(`{${name}}`) - 1] ?? ''
        if (before === '' || before.startsWith('{')) continue
        if (method === 'DELETE' && template.endsWith(`{${name}}`)) gone.add(`${resourceOfSegment(before)} ${id}`)
        add(resourceOfSegment(before), id, method === 'PUT' || method === 'PATCH' ? 1 : 0)
      }
      const last = segments.at(-1) ?? ''
      if (method !== 'POST' || last === '' || last.startsWith('{') || status === 0) continue
      const id = idInReply(reply, resourceOfSegment(last))
      if (id !== null) add(resourceOfSegment(last), id, 2)
    }
  }
  return Object.fromEntries(
    [...found].map(([resource, ids]) => {
      const sorted = [...ids].sort((one, other) => other.weight - one.weight).map(({ id }) => id)
      return [resource, [...new Set(sorted)].filter((id) => !gone.has(`${resource} ${id}`))]
    }),
  )
}

function idInReply(reply: unknown, resource: string): string | null {
  const { at: place, schema } = objectIn(schemaOfSamples([reply]), resource)
  const name = idOf(schema, resource, null)
  const id = name === null ? undefined : at(reply, `${place}/${name}`)
  return typeof id === 'string' || typeof id === 'number' ? String(id) : null
}

function documentOf(groups: Groups, parametersIn: ParametersIn, place: CredentialPlace, base: URL): ReadDocument {
  const scheme = {
    type: place.prefix === 'Bearer ' ? ('http' as const) : ('apiKey' as const),
    scheme: place.prefix === 'Bearer ' ? 'bearer' : null,
    in: place.in,
    name: place.name,
    bearerFormat: null,
    description: '',
    flows: {},
  }
  return {
    title: base.host,
    version: '',
    servers: [base.href],
    serverNotes: [{ url: base.href, description: '', internal: null }],
    operations: groups.map(([id, entries]) => operationOf(id, entries, parametersIn)),
    securitySchemes: { recorded: scheme },
    schemas: {},
    extension: null,
    faults: [],
  }
}

function operationOf(id: string, all: readonly Entry[], parametersIn: ParametersIn): ReadOperation {
  const [method = '', path = ''] = id.split(' ')
  const entries = all.filter(works)
  const bodies = entries.filter(({ body }) => body !== undefined)
  const mediaType = bodies[0]?.mediaType ?? 'application/json'
  const isSignIn =
    /log-?_?in|sign-?_?in|session|token|auth|regist|sign-?_?up/i.test(path) &&
    /passw/i.test(JSON.stringify(bodies[0]?.body ?? ''))
  return {
    id,
    method,
    path,
    operationId: null,
    summary: '',
    description: '',
    tags: [],
    deprecated: false,
    parameters: parametersOf(entries, parametersIn),
    body:
      bodies.length === 0
        ? null
        : {
            required: true,
            content: [
              { mediaType, schema: schemaOfSamples(bodies.map(({ body }) => body)), examples: [bodies.at(-1)?.body] },
            ],
          },
    responses: responsesOf(all),
    // A recording of a signed-in person says nothing of who else may; signing in itself is for everybody.
    security: isSignIn ? null : [['recorded']],
    scopes: [],
    openOnPurpose: isSignIn,
    extension: null,
    extensionFault: null,
    servers: [],
  }
}

function parametersOf(entries: readonly Entry[], parametersIn: ParametersIn): readonly ReadParameter[] {
  const values = new Map<string, string[]>()
  const add = (where: string, name: string, value: string) => {
    const key = `${where} ${name}`
    values.set(key, [...(values.get(key) ?? []), value])
  }
  for (const { path, url } of entries) {
    for (const [name, value] of Object.entries(parametersIn(path))) add('path', name, value)
    for (const [name, value] of url.searchParams) add('query', name, value)
  }
  return [...values].map(([key, seen]) => {
    const [where, ...name] = key.split(' ')
    return {
      name: name.join(' '),
      in: where === 'path' ? 'path' : 'query',
      required: where === 'path',
      schema: schemaOfText(seen),
      examples: [seen.at(-1)],
      description: '',
    }
  })
}

function schemaOfText(seen: readonly string[]): JsonSchema {
  if (seen.every((value) => /^-?\d{1,15}$/.test(value))) return { type: 'integer' }
  if (seen.every((value) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value)))
    return { type: 'string', format: 'uuid' }
  return { type: 'string' }
}

function responsesOf(entries: readonly Entry[]): ReadOperation['responses'] {
  const statuses = [...new Set(entries.map(({ status }) => (status === 0 || status === 304 ? 200 : status)))]
  return statuses.map((status) => {
    const replies = entries.filter((each) => each.status === status && each.reply !== undefined)
    const mediaType = replies[0]?.replyType ?? ''
    return {
      status: String(status),
      description: '',
      content:
        replies.length === 0
          ? []
          : [
              {
                mediaType: mediaType === '' ? 'application/json' : mediaType,
                schema: schemaOfSamples(replies.map(({ reply }) => reply)),
                examples: [replies.at(-1)?.reply],
              },
            ],
      headers: [],
    }
  })
}
