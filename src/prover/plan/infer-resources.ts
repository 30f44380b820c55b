import type { ReadDocument, ReadOperation, ReadParameter } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import {
  camel,
  isTenantWord,
  isUserWord,
  isValueName,
  mayBeTenantWord,
  parametersOf,
  resourceInName,
  resourceOfSegment,
  singular,
  wordsOf,
} from './names.ts'
import type { Reference } from './plan.ts'
import type { OperationHint } from './plan-config.ts'
import { listIn } from './reply-shape.ts'
import { typeOf } from './schema-type.ts'

/** What all operations together tell of resources. */
export interface Known {
  readonly names: ReadonlySet<string>
  /** Those that are tenants. */
  readonly tenants: ReadonlySet<string>
}

const NO_COLLECTION = /^(v\d+|api|rest|public|internal|me|my|self|search|find|list|all|current|latest|by-.*|admin)$/i

/** The literals of a path, in order, without versions and the like. */
export const literalsOf = (path: string): readonly string[] =>
  path.split('/').filter((segment) => segment !== '' && !segment.includes('{') && !NO_COLLECTION.test(segment))

/** The resource that a path parameter names: by extension, by the literal before it, or by its own name. Null for a mere value. */
export function pathResource(operation: ReadOperation, name: string): string | null {
  const declared = operation.extension?.params[name]
  if (declared) return declared.resource
  if (isValueName(name)) return null
  const own = resourceInName(name)?.resource ?? null
  const segments = operation.path.split('/').filter((segment) => segment !== '')
  const index = segments.findIndex((segment) => segment.includes(`{${name}}`))
  const alone = !segments[index + 1]?.startsWith('{') && !segments[index - 1]?.startsWith('{')
  const plain = camel(wordsOf(name))
  // Of parameters in a row the literal belongs to the last one.
  if (!alone && own !== null) return own
  if (segments[index + 1]?.startsWith('{')) return plain === 'id' ? null : plain
  const before = segments.slice(0, index).findLast((segment) => !segment.includes('{'))
  const isNear =
    before !== undefined && segments.slice(segments.indexOf(before) + 1, index).every((each) => each.includes('{'))
  if (before !== undefined && isNear && !NO_COLLECTION.test(before)) return resourceOfSegment(before)
  const behind = literalsOf(segments.slice(0, index).join('/')).at(-1)
  if (behind !== undefined && /^by/i.test(before ?? '')) return resourceOfSegment(behind)
  return own ?? (isTenantWord(plain) || isUserWord(plain) ? plain : null)
}

/**
 * Names of all resources that the document speaks of, and which of them are tenants.
 * @param hasTenants - Identities stand in tenants: then what is outermost in most paths and made by nobody is one, whatever its name.
 */
export function knownResources(document: ReadDocument, hinted: readonly string[], hasTenants = false): Known {
  const inPaths = document.operations.flatMap((operation) =>
    parametersOf(operation.path).flatMap((name) => pathResource(operation, name) ?? []),
  )
  const names = new Set([
    ...Object.keys(document.extension?.resources ?? {}),
    ...inPaths,
    ...collections(document),
    ...nounsOfCalls(document),
    ...askedByQuery(document),
    ...hinted,
  ])
  const nests = (name: string) =>
    document.operations.some((operation) => {
      const chain = parametersOf(operation.path).map((each) => pathResource(operation, each))
      return chain.indexOf(name) !== -1 && chain.indexOf(name) < chain.length - 1
    })
  return {
    names,
    tenants: new Set(
      [...names].filter(
        (name) =>
          isTenantWord(name) ||
          (mayBeTenantWord(name) && nests(name)) ||
          (hasTenants && !isUserWord(name) && isOutermost(document, name)),
      ),
    ),
  }
}

/** Most paths with an id begin with one of these, different things stand below it, and nothing makes one. */
function isOutermost({ operations }: ReadDocument, name: string): boolean {
  const withIds = operations.filter(({ path }) => path.includes('{'))
  const below = withIds.filter((each) => {
    const [first, second] = parametersOf(each.path)
    return first !== undefined && second !== undefined && pathResource(each, first) === name
  })
  const isMade = operations.some(
    ({ method, path }) =>
      method === 'POST' && !path.endsWith('}') && resourceOfSegment(path.split('/').at(-1) ?? '') === name,
  )
  const kinds = new Set(below.map((each) => pathResource(each, parametersOf(each.path)[1] as string)))
  return !isMade && kinds.size >= 3 && below.length * 2 > withIds.length
}

/** Collections without a path for one object: what lists objects and makes them. */
function collections({ operations }: ReadDocument): readonly string[] {
  return operations.flatMap(({ path, method, responses }) => {
    const last = path.split('/').at(-1) ?? ''
    const word = wordsOf(last).at(-1) ?? ''
    if (method !== 'POST' || last.includes('{') || NO_COLLECTION.test(last) || singular(word) === word) return []
    const lists = operations.find((each) => each.path === path && each.method === 'GET')
    const made = responses.some(({ status }) => status === '201')
    return lists && (made || listOfReply(lists)) ? [resourceOfSegment(last)] : []
  })
}

export const listOfReply = ({ responses }: ReadOperation): boolean =>
  responses.some(
    ({ status, content }) => status.startsWith('2') && content.some(({ schema }) => listIn(schema) !== null),
  )

/** `GET /invoice?id=…`. */
function askedByQuery({ operations }: ReadDocument): readonly string[] {
  return operations.flatMap(({ method, path, parameters }) => {
    const last = literalsOf(path).at(-1)
    if (method !== 'GET' || path.includes('{') || last === undefined || !parameters.some(isOwnId)) return []
    return callOf(method, path) === null ? [resourceOfSegment(last)] : []
  })
}

export const isOwnId = ({ in: where, required, name }: ReadParameter): boolean =>
  where === 'query' && required && /^_?(id|uuid|guid|uid)$|[a-z]I[dD]$|_id$/.test(name)

const VERBS: readonly (readonly [RegExp, CallPurpose])[] = [
  [/^(get|read|fetch|show|retrieve|view|describe)$/, 'read'],
  [/^(list|search|find|query)$/, 'list'],
  [/^(create|add|new|insert)$/, 'create'],
  [/^(update|edit|set|modify|patch|rename|change)$/, 'update'],
  [/^(delete|remove|destroy)$/, 'delete'],
]
export type CallPurpose = 'read' | 'list' | 'create' | 'update' | 'delete'

/**
 * A call that says in its path what it does: `/getInvoice`, `/invoices.list`, `/invoice/delete`.
 * Null for a path of nouns.
 */
export function callOf(
  method: string,
  path: string,
): { readonly purpose: CallPurpose; readonly resource: string } | null {
  const segments = path.split('/').filter((segment) => segment !== '')
  const last = segments.at(-1) ?? ''
  if (last.includes('{') || (method !== 'GET' && method !== 'POST')) return null
  const words = wordsOf(last)
  // `invoices.list` ends with its verb; `tradingCardSet` does not.
  for (const index of /[-._]/.test(last) ? [0, words.length - 1] : [0]) {
    const verb = VERBS.find(([pattern]) => pattern.test(words[index] ?? ''))
    if (!verb || (method === 'GET' && verb[1] !== 'read' && verb[1] !== 'list')) continue
    const rest = words.filter((_, at) => at !== index)
    const before = segments.at(-2)
    const noun = rest.length > 0 ? rest.join('-') : before !== undefined && !before.includes('{') ? before : null
    if (noun === null || NO_COLLECTION.test(noun)) return null
    const plural = resourceOfSegment(noun) !== camel(wordsOf(noun))
    // `getInvoices` lists them, `invoices.get` reads one of them.
    const purpose = verb[1] === 'read' && plural && index === 0 && rest.length > 0 ? 'list' : verb[1]
    return { purpose, resource: resourceOfSegment(noun) }
  }
  return null
}

/** What calls speak of: a noun with two verbs or more; one alone may be any phrase. */
function nounsOfCalls({ operations }: ReadDocument): readonly string[] {
  const calls = operations.flatMap(({ method, path }) => callOf(method, path) ?? [])
  return [...new Set(calls.map(({ resource }) => resource))].filter(
    (noun) => new Set(calls.filter(({ resource }) => resource === noun).map(({ purpose }) => purpose)).size > 1,
  )
}

/** The resource of the collection or call that a path names; null where it names none that is known. */
export function resourceNamedBy(method: string, path: string, { names }: Known): string | null {
  const call = callOf(method, path)
  if (call && names.has(call.resource)) return call.resource
  const found = literalsOf(path)
    .map(resourceOfSegment)
    .findLast((name) => names.has(name))
  return found ?? null
}

/** Every place of an operation that carries an id, outermost first. */
export function inferReferences(
  operation: ReadOperation,
  known: Known,
  hint: OperationHint | undefined,
): readonly Reference[] {
  const told = hint?.references ?? {}
  const own = resourceNamedBy(operation.method, operation.path, known)
  const path = parametersOf(operation.path).flatMap((name): Reference[] => {
    const resource = told[name] ?? pathResource(operation, name)
    if (resource === null) return []
    return [{ in: 'path', name, resource, many: false, of: known.tenants.has(resource) ? 'tenant' : 'object' }]
  })
  const elsewhere = operation.parameters.flatMap(({ in: where, name, schema }): Reference[] => {
    if (where === 'path') return []
    const found = told[name] === undefined ? byName(name, schema, own, known, false) : hinted(told[name], schema)
    return found ? [{ in: where, name, ...found, of: ofWhat(found.resource, known) }] : []
  })
  const body = (operation.body?.content ?? [])
    .filter(({ mediaType }) => /json|form/.test(mediaType))
    .slice(0, 1)
    .flatMap(({ schema }) => [...bodyReferences(schema, '', 0, { own, known, told })])
  return [...path, ...elsewhere, ...body]
}

interface Found {
  readonly resource: string
  readonly many: boolean
}

const hinted = (resource: string, schema: JsonSchema): Found => ({ resource, many: typeOf(schema) === 'array' })

function byName(name: string, schema: JsonSchema, own: string | null, known: Known, inBody: boolean): Found | null {
  const declared = schema['x-turnpike-ref'] ?? schema.items?.['x-turnpike-ref']
  const many = typeOf(schema) === 'array'
  if (typeof declared === 'string') return { resource: declared, many }
  const bare = name.replace(/^x-/i, '').replace(/\[\]$/, '')
  if (/^_?(ids?|uuids?|guids?|uid)$/i.test(bare))
    return own === null ? null : { resource: own, many: many || /s$/i.test(bare) }
  const inName = resourceInName(bare)
  if (inName) {
    const resource = canonical(inName.resource, known)
    return resource === null ? null : { resource, many: many || inName.many }
  }
  const plain = camel(wordsOf(bare))
  if (isTenantWord(plain) && (!inBody || looksLikeId(schema))) return { resource: plain, many }
  if (isUserWord(plain) && (!inBody || looksLikeId(schema))) {
    const resource = canonical(plain, known)
    return resource === null ? null : { resource, many }
  }
  return known.names.has(singular(plain)) && looksLikeId(schema.items ?? schema)
    ? { resource: singular(plain), many }
    : null
}

const looksLikeId = (schema: JsonSchema): boolean => schema.format === 'uuid' || typeOf(schema) === 'integer'

/** How the plan calls what a name means: a resource that is known, the tenant, or the user. */
function canonical(word: string, known: Known): string | null {
  if (known.names.has(word) || isTenantWord(word)) return word
  if (isUserWord(word)) return 'user'
  // `sourceAccountId` means an account.
  const last = wordsOf(word).at(-1) ?? ''
  if (known.names.has(last)) return last
  return mayBeTenantWord(word) ? word : null
}

const ofWhat = (resource: string, known: Known): Reference['of'] =>
  known.tenants.has(resource) || (mayBeTenantWord(resource) && !known.names.has(resource))
    ? 'tenant'
    : resource === 'user' || (isUserWord(resource) && !known.names.has(resource))
      ? 'user'
      : 'object'

interface BodyContext {
  readonly own: string | null
  readonly known: Known
  readonly told: Readonly<Record<string, string>>
}

function* bodyReferences(
  schema: JsonSchema,
  pointer: string,
  depth: number,
  context: BodyContext,
): Generator<Reference> {
  if (depth > 5) return
  const { own, known, told } = context
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.readOnly === true) continue
    const place = `${pointer}/${name}`
    const isArray = typeOf(property) === 'array'
    // Below the root `id` names what it stands in.
    const around = depth === 0 ? own : resourceAround(pointer, own, known)
    const found =
      (told[place] ?? told[name]) === undefined
        ? byName(name, property, around, known, true)
        : hinted((told[place] ?? told[name]) as string, property)
    if (found && typeOf(property.items ?? property) !== 'object')
      yield {
        in: 'body',
        name: isArray ? `${place}/*` : place,
        resource: found.resource,
        many: isArray,
        of: ofWhat(found.resource, known),
      }
    else if (typeOf(property) === 'object') yield* bodyReferences(property, place, depth + 1, context)
    else if (isArray && property.items) yield* bodyReferences(property.items, `${place}/*`, depth + 1, context)
  }
}

/** `/data/relationships/author/data` → the author; an envelope such as `/data` is the resource itself. */
function resourceAround(pointer: string, own: string | null, known: Known): string | null {
  const names = pointer.split('/').filter((key) => key !== '' && key !== '*')
  const near = names.findLast((key) => !/^(data|attributes|relationships|item|items|payload|body|input)$/i.test(key))
  if (near === undefined) return own
  const resource = camel([...wordsOf(near).slice(0, -1), singular(wordsOf(near).at(-1) ?? '')])
  return canonical(resource, known)
}
