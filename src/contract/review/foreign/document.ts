import type { JsonSchema } from '../../schema.ts'
import type { Risk, Severity } from '../finding.ts'
import { type OperationFacts, openResources, readOperationExtension } from './read-extension.ts'

type Json = Readonly<Record<string, unknown>>

/** An operation of an OpenAPI document that somebody else wrote, with its local references followed. */
export interface ForeignOperation {
  /** `GET /invoices/{id}`. */
  readonly id: string
  readonly method: string
  readonly path: string
  /** Names of the schemes that a caller needs; null where nothing is asked for. */
  readonly security: readonly string[] | null
  /** Whether the operation itself says so, rather than the document or nobody. */
  readonly openOnPurpose: boolean
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[]
  readonly bodies: readonly JsonSchema[]
  readonly statuses: readonly string[]
  /** What its `x-turnpike` says; null where there is none, or none that can be read. */
  readonly extension: OperationFacts | null
  /** Why its `x-turnpike` cannot be read. */
  readonly extensionFault: string | null
}

export interface ForeignDocument {
  readonly title: string
  readonly servers: readonly string[]
  readonly operations: readonly ForeignOperation[]
  /** Names of resources that everybody may read, by the document's own `x-turnpike`. */
  readonly openResources: readonly string[]
  /** Every node of a schema with its pointer; follows local references once each. */
  nodes(schema: JsonSchema): readonly { readonly node: JsonSchema; readonly at: string }[]
}

export interface ForeignFault {
  readonly operation?: ForeignOperation
  /** Where this case is better or worse than the rule's own severity. */
  readonly severity?: Severity
  readonly message: string
  readonly fix: string
}

/** A check that a bare document can answer. */
export interface ForeignRule {
  readonly id: string
  readonly risk: Risk | null
  readonly asvs: string | null
  readonly severity: Severity
  readonly title: string
  check(document: ForeignDocument): Iterable<ForeignFault>
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace']
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const object = (value: unknown): Json => (isObject(value) ? value : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** @throws {TypeError} When it is no OpenAPI 3.0 or 3.1 document. */
export function readForeignDocument(given: unknown): ForeignDocument {
  const root = object(given)
  if (typeof root.openapi !== 'string' || !/^3\.[01]\.\d+/.test(root.openapi) || !isObject(root.paths)) {
    throw new TypeError('it is no OpenAPI 3.0 or 3.1 document: "openapi" and "paths" are needed')
  }
  return {
    title: String(object(root.info).title ?? 'API'),
    servers: list(root.servers).map((server) => String(object(server).url ?? '')),
    operations: Object.entries(root.paths).flatMap(([path, item]) =>
      operationsOf(root, path, object(follow(root, item))),
    ),
    openResources: openResources(root['x-turnpike']),
    nodes: (schema) => [...nodesOf(root, schema, '', new Set())],
  }
}

function operationsOf(root: Json, path: string, item: Json): ForeignOperation[] {
  return METHODS.filter((method) => isObject(item[method])).map((method) => {
    const operation = object(item[method])
    const security = (operation.security ?? root.security) as unknown
    const names = list(security).map((each) => Object.keys(object(each)))
    const body = object(follow(root, operation.requestBody))
    return {
      id: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      // An empty requirement among others means that none is needed.
      openOnPurpose: Array.isArray(operation.security) && operation.security.length === 0,
      security: names.length === 0 || names.some((each) => each.length === 0) ? null : names.flat(),
      parameters: parametersOf(root, [...list(item.parameters), ...list(operation.parameters)]),
      bodies: Object.values(object(body.content)).flatMap((media) =>
        isObject(object(media).schema) ? [object(media).schema as JsonSchema] : [],
      ),
      statuses: Object.keys(object(operation.responses)),
      ...readOperationExtension(operation['x-turnpike']),
    }
  })
}

/** A parameter of the operation replaces the one of its path with the same name and place. */
function parametersOf(root: Json, given: readonly unknown[]): ForeignOperation['parameters'] {
  const found = new Map<string, ForeignOperation['parameters'][number]>()
  for (const each of given) {
    const parameter = object(follow(root, each))
    const [name, place] = [String(parameter.name), String(parameter.in)]
    found.set(`${place} ${name}`, { name, in: place, schema: object(follow(root, parameter.schema)) as JsonSchema })
  }
  return [...found.values()]
}

/** Follows a chain of local references (RFC 6901 pointers); anything else stays. */
function follow(root: Json, value: unknown): unknown {
  let at = value
  for (let steps = 0; steps < 20 && isObject(at) && typeof at.$ref === 'string' && at.$ref.startsWith('#/'); steps++) {
    const keys = at.$ref
      .slice(2)
      .split('/')
      .map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'))
    at = keys.reduce<unknown>((held, key) => (isObject(held) && Object.hasOwn(held, key) ? held[key] : undefined), root)
  }
  return at
}

function* nodesOf(
  root: Json,
  schema: unknown,
  at: string,
  seen: Set<unknown>,
): Generator<{ node: JsonSchema; at: string }> {
  const node = follow(root, schema)
  if (!isObject(node) || seen.has(node)) return
  seen.add(node)
  yield { node: node as JsonSchema, at }
  for (const [name, child] of Object.entries(object(node.properties)))
    yield* nodesOf(root, child, `${at}/${name}`, seen)
  yield* nodesOf(root, node.items, `${at}/*`, seen)
  yield* nodesOf(root, node.additionalProperties, `${at}/*`, seen)
  for (const group of [node.anyOf, node.oneOf, node.allOf])
    for (const child of list(group)) yield* nodesOf(root, child, at, seen)
}
