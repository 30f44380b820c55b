import type { JsonSchema } from '../../../contract/schema.ts'
import type { Case, Untested } from '../../attack.ts'
import { wordsOf } from '../../plan/names.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { typeOf } from '../../plan/sample.ts'
import { leavesOf } from '../../pointer.ts'
import { firstUser } from '../pairs.ts'

/** A place of a request that takes an address which the API may call. */
export interface UrlInput {
  readonly in: 'body' | 'query' | 'header'
  /** JSON Pointer in a body, `*` for each item of a list; the parameter's name elsewhere. */
  readonly at: string
  /** A whole URL, or a host with its port. */
  readonly form: 'url' | 'host'
  /** The document's own example. */
  readonly example: string | null
  /** The higher, the likelier that it is called. */
  readonly rank: number
}

const CALLED = /^(webhooks?|hooks?|callback|endpoint|feed|import|proxy|fetch|notify|ping|target|remote|upstream|rss)$/
const ADDRESS = /^(ur[il]s?|hrefs?|links?|website|homepage)$/
const PICTURE = /^(avatar|image|picture|photo|cover|logo|icon|thumbnail|banner)$/
/** Alone they may as well mean a currency, a town or a person. */
const MAYBE = /^(import|target|remote|source|redirect|location|site|address|src|file|document|attachment)$/
const HOST = /^(host|hostname|domain|server)$/

/** Every input of the operation that takes an address, by format, name or example; the likeliest to be called first. */
export function urlInputs(operation: Operation): readonly UrlInput[] {
  const parameters = operation.read.parameters.flatMap(({ name, in: where, schema, examples }) => {
    if (where !== 'query' && where !== 'header') return []
    return found(where, name, name, schema, examples[0])
  })
  const schemas = (operation.read.body?.content ?? []).flatMap(({ schema, examples }) => [
    ...inSchema(schema, '', 0),
    ...inExample(examples[0]),
  ])
  const recorded = operation.samples.flatMap(({ body }) => [...inExample(body)])
  const all = [...parameters, ...schemas, ...recorded]
  return all
    .filter((each, index) => all.findIndex((other) => other.in === each.in && other.at === each.at) === index)
    .sort((one, other) => other.rank - one.rank)
}

function* inSchema(schema: JsonSchema, pointer: string, depth: number): Generator<UrlInput> {
  if (depth > 3) return
  for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])])
    yield* inSchema(part, pointer, depth + 1)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.readOnly === true) continue
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const { items } = property
    const [example] = (property.examples as readonly unknown[] | undefined) ?? []
    if (items && typeOf(items) === 'string') yield* found('body', `${at}/*`, name, items, undefined)
    else if (typeOf(property) === 'string') yield* found('body', at, name, property, example ?? property.default)
    else if (typeOf(property) === 'object') yield* inSchema(property, at, depth + 1)
    else if (items) yield* inSchema(items, `${at}/*`, depth + 1)
  }
}

function* inExample(body: unknown): Generator<UrlInput> {
  for (const { at, value } of leavesOf(body))
    if (typeof value === 'string' && isUrl(value)) {
      const named = rankOf(at.split('/').at(-1) ?? '', {})
      yield { in: 'body', at, form: 'url', example: value, rank: named ?? 1 }
    }
}

function found(
  where: UrlInput['in'],
  at: string,
  name: string,
  schema: JsonSchema,
  given: unknown,
): readonly UrlInput[] {
  if (typeOf(schema) !== 'string' || schema.enum !== undefined || schema.const !== undefined) return []
  // Whatever calls us has to name a host and a port.
  if (schema.maxLength !== undefined && schema.maxLength < 24) return []
  const example = typeof given === 'string' && isUrl(given) ? given : null
  const rank = rankOf(name, schema) ?? (example === null ? null : 1)
  if (rank === null || schema.format === 'email' || schema.format === 'uuid') return []
  const isHost = HOST.test(wordsOf(name).at(-1) ?? '') && example === null && !/ur[il]/.test(schema.format ?? '')
  return [{ in: where, at, form: isHost ? 'host' : 'url', example, rank }]
}

const isUrl = (text: string): boolean => /^https?:\/\/[^\s]+$/i.test(text)

/** Null where nothing says that it is an address. */
function rankOf(name: string, schema: JsonSchema): number | null {
  const words = wordsOf(name)
  const some = (pattern: RegExp) => words.some((word) => pattern.test(word))
  const last = words.at(-1) ?? ''
  const isFormat = /^(ur[il]|iri)$/.test(schema.format ?? '')
  const isAlone = words.length === 1 && !MAYBE.test(last)
  if (some(CALLED) && (isFormat || some(ADDRESS) || isAlone)) return 4
  if (some(PICTURE) && (isFormat || ADDRESS.test(last))) return 3
  if (/^ur[il]s?$/.test(last) || (isFormat && !/^(website|homepage)$/.test(last))) return 3
  if (ADDRESS.test(last)) return 2
  if (isFormat) return 2
  const isFree = schema.format === undefined && schema.pattern === undefined
  return isFree && words.length === 1 && (MAYBE.test(last) || HOST.test(last)) ? 1 : null
}

export interface UrlCase extends Case {
  readonly operation: Operation
  readonly owner: string
  readonly variant: string
}

/** By what a variant says which input it means. */
export const inputName = (input: UrlInput): string => `${input.in} ${input.at}`

/** @param variant - The input's name; what stands behind `, ` tells cases on the same input apart. */
export const inputOf = (operation: Operation, variant: string): UrlInput | null =>
  urlInputs(operation).find((input) => variant.split(', ')[0] === inputName(input)) ?? null

/**
 * Operations that take an address, each with one of its inputs and somebody who may call it.
 * @param most - So many at most, the likeliest to be called first.
 */
export function urlCases(plan: Plan, most: number, form: 'url' | 'any' = 'url'): readonly (UrlCase | Untested)[] {
  const user = firstUser(plan)
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const cases = plan.operations.flatMap((operation) => {
    if (operation.leftOut || operation.purpose === 'auth' || isSigned(operation)) return []
    const owner = operation.access === 'admin' ? admin : (user ?? admin)
    const inputs = urlInputs(operation).filter(
      (each) =>
        (form === 'any' || each.form === 'url') && (each.rank > 1 || each.example !== null || fetchesAtOnce(operation)),
    )
    // A second input of the same operation is mostly called, or not, by the same code.
    return inputs.slice(0, 2).map((input, index) => ({ operation, owner, input, index }))
  })
  const rank = ({ operation, input, index }: (typeof cases)[number]) =>
    input.rank + (operation.extension?.outbound ? 5 : 0) + (fetchesAtOnce(operation) ? 2 : 0) - index
  return [...cases]
    .sort((one, other) => rank(other) - rank(one))
    .slice(0, most)
    .map(({ operation, owner, input }) =>
      owner
        ? { operation, owner: owner.name, variant: inputName(input) }
        : { operation, untested: 'needs somebody who is signed in; add --as alice=…, or an identity to turnpike.yaml' },
    )
}

/** A delivery that only its sender can make: API10 has it. */
export const isSigned = ({ extension, read }: Operation): boolean =>
  (extension?.signed ?? null) !== null ||
  read.parameters.some(({ in: where, name }) => where === 'header' && /signature|hmac/i.test(name))

const AT_ONCE =
  /import|preview|fetch|unfurl|prox(y|ied)|ping|test|probe|crawl|scrape|screenshot|embed|thumbnail|render|resolve|expand|download|from-?url|by-?url|verify|validate|check/i

/** Whether the contract, its path or its words say that the address is called before the answer. */
export function fetchesAtOnce({ extension, path, read }: Operation): boolean {
  const named = path.split('/').filter((part) => part !== '' && !part.startsWith('{'))
  return (
    (extension?.outbound ?? null) !== null ||
    AT_ONCE.test(named.at(-1) ?? '') ||
    AT_ONCE.test(read.operationId ?? '') ||
    /\b(fetch|download|import|retriev|preview|crawl|scrap|request)\w*\b.*\b(ur[il]|address|link)/i.test(read.summary)
  )
}
