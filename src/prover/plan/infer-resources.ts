import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import type { Reference } from './plan.ts'
import type { OperationHint } from './plan-config.ts'
import { typeOf } from './sample.ts'

/** `invoices` → `invoice`, `addresses` → `address`, `categories` → `category`. */
export function singular(word: string): string {
  if (/ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(ss|sh|ch|x|z)es$/i.test(word)) return word.slice(0, -2)
  return /[^s]s$/i.test(word) ? word.slice(0, -1) : word
}

const camel = (text: string): string =>
  text
    .replaceAll(/[-_ ]+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/^[A-Z]/, (each) => each.toLowerCase())

/** `userId`, `user_id`, `userIds` → `user`; null for anything else. */
export function resourceInName(name: string): { readonly resource: string; readonly many: boolean } | null {
  const found = /^(.+?)[_-]?(ids?|uuids?)$/i.exec(name)
  if (!found || !/(_|-)ids?$|[a-z]I[dD]s?$|[_-]?uuids?$/i.test(name)) return null
  return { resource: camel(found[1] as string), many: /s$/i.test(found[2] as string) }
}

const TENANT = /^(tenant|org|organi[sz]ation|company|workspace|team|account)$/i
const USER = /^(user|owner|member|customer|author|person|patient|employee|client|profile)$/i

/** The resource that a path parameter names: by extension, by the literal before it, or by its own name. */
export function pathResource(operation: ReadOperation, name: string): string | null {
  const declared = operation.extension?.params[name]
  if (declared) return declared.resource
  const segments = operation.path.split('/')
  const index = segments.findIndex((segment) => segment.includes(`{${name}}`))
  const before = segments[index - 1]
  if (before !== undefined && before !== '' && !before.startsWith('{') && !/^(v\d+|api)$/i.test(before))
    return camel(singular(before))
  return resourceInName(name)?.resource ?? null
}

/** Every place of an operation that carries an id, outermost first. */
export function inferReferences(
  operation: ReadOperation,
  known: ReadonlySet<string>,
  hint: OperationHint | undefined,
): readonly Reference[] {
  const told = hint?.references ?? {}
  const path = [...operation.path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name = '']): Reference[] => {
    const resource = told[name] ?? pathResource(operation, name)
    return resource === null ? [] : [{ in: 'path', name, resource, many: false, of: 'object' }]
  })
  const elsewhere = operation.parameters.flatMap((parameter): Reference[] => {
    if (parameter.in === 'path') return []
    const { name } = parameter
    const found =
      told[name] === undefined ? byName(name, parameter.schema, known) : { resource: told[name], many: false }
    return found
      ? [
          {
            in: parameter.in,
            name,
            resource: found.resource,
            many: found.many,
            of: ofWhat(name, found.resource, known),
          },
        ]
      : []
  })
  const body = (operation.body?.content ?? [])
    .filter(({ mediaType }) => /json|form/.test(mediaType))
    .slice(0, 1)
    .flatMap(({ schema }) => [...bodyReferences(schema, '', 0, known, told)])
  return [...path, ...elsewhere, ...body]
}

function byName(name: string, schema: JsonSchema, known: ReadonlySet<string>) {
  const declared = schema['x-turnpike-ref'] ?? schema.items?.['x-turnpike-ref']
  const many = typeOf(schema) === 'array'
  if (typeof declared === 'string') return { resource: declared, many }
  const inName = resourceInName(name.replace(/^X-/i, ''))
  const plain = camel(singular(name.replace(/^X-/i, '')))
  if (inName && (known.has(inName.resource) || USER.test(inName.resource) || TENANT.test(inName.resource)))
    return { resource: inName.resource, many: many || inName.many }
  if (TENANT.test(plain) && known.size > 0) return { resource: plain, many }
  return known.has(plain) && schema.format === 'uuid' ? { resource: plain, many } : null
}

const ofWhat = (name: string, resource: string, known: ReadonlySet<string>): Reference['of'] =>
  TENANT.test(resource)
    ? 'tenant'
    : USER.test(resource) && !known.has(resource)
      ? 'user'
      : name === 'userId'
        ? 'user'
        : 'object'

function* bodyReferences(
  schema: JsonSchema,
  pointer: string,
  depth: number,
  known: ReadonlySet<string>,
  told: Readonly<Record<string, string>>,
): Generator<Reference> {
  if (depth > 4) return
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const place = `${pointer}/${name}`
    const isArray = typeOf(property) === 'array'
    const hinted = told[place] ?? told[name]
    const found = hinted === undefined ? byName(name, property, known) : { resource: hinted, many: isArray }
    if (found) {
      const of = ofWhat(name, found.resource, known)
      yield { in: 'body', name: isArray ? `${place}/*` : place, resource: found.resource, many: isArray, of }
    } else if (typeOf(property) === 'object') yield* bodyReferences(property, place, depth + 1, known, told)
    else if (isArray && property.items) yield* bodyReferences(property.items, `${place}/*`, depth + 1, known, told)
  }
}

/** Names of all resources that paths speak of. */
export function resourceNames(document: ReadDocument): ReadonlySet<string> {
  const declared = Object.keys(document.extension?.resources ?? {})
  const inPaths = document.operations.flatMap((operation) =>
    [...operation.path.matchAll(/\{([^}]+)\}/g)].flatMap(([, name = '']) => pathResource(operation, name) ?? []),
  )
  return new Set([...declared, ...inPaths])
}
