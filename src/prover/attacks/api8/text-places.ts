import type { JsonSchema } from '../../../contract/schema.ts'
import type { Case } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { sampleOf, typeOf } from '../../plan/sample.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'

/** A place of a request that takes a free text. */
export interface TextPlace {
  readonly in: 'query' | 'path' | 'body'
  /** Name of a parameter; JSON Pointer in a body. */
  readonly name: string
  /** Longest text that is declared to fit. */
  readonly maxLength: number
}

/** The places of an operation, by its document. */
export function textPlaces(operation: Operation): readonly TextPlace[] {
  const parameters = operation.read.parameters.flatMap((each): TextPlace[] => {
    if (each.in !== 'query' && each.in !== 'path') return []
    return each.in === 'path' || isFree(each.schema)
      ? [{ in: each.in, name: each.name, maxLength: each.schema.maxLength ?? 1000 }]
      : []
  })
  return operation.method === 'GET' ? parameters : bodyPlaces(operation)
}

const isFree = (schema: JsonSchema): boolean =>
  typeOf(schema) === 'string' && schema.enum === undefined && schema.const === undefined && schema.format === undefined

function bodyPlaces(operation: Operation): readonly TextPlace[] {
  const content = (operation.read.body?.content ?? []).find(({ mediaType }) => /[/+]json|form/i.test(mediaType))
  const recorded = operation.samples.find(({ body }) => typeof body === 'object' && body !== null)?.body
  const body = recorded ?? content?.examples[0] ?? (content && sampleOf(content.schema, { random: () => 0.5 }))
  return [...leavesOf(body)].slice(0, 60).flatMap(({ at, value }): TextPlace[] => {
    const schema = content === undefined ? {} : schemaAt(content.schema, at)
    const isId = operation.references.some((each) => each.in === 'body' && each.name === at)
    return typeof value === 'string' && at !== '' && !isId && isFree({ type: 'string', ...schema })
      ? [{ in: 'body', name: at, maxLength: schema.maxLength ?? 1000 }]
      : []
  })
}

function schemaAt(schema: JsonSchema, pointer: string): JsonSchema {
  return pointer
    .split('/')
    .slice(1)
    .reduce<JsonSchema>((held, key) => held.properties?.[key] ?? held.items ?? {}, schema)
}

/** The request with this text at the place. */
export function withText(operation: Operation, draft: BuiltDraft, place: TextPlace, text: string): Draft {
  switch (place.in) {
    case 'path':
      return { ...draft, path: fillPath(operation.path, { ...draft.params, [place.name]: text }) }
    case 'query':
      return { ...draft, query: [...draft.query.filter(([name]) => name !== place.name), [place.name, text]] }
    case 'body':
      return { ...draft, body: withAt(draft.body, place.name, text) }
  }
}

/** Names whose values programs hand on to a shell, a file system, an engine. */
export const HANDED_ON =
  /host|domain|addr|^ip$|ping|file|path|dir|folder|name|template|tpl|view|page|cmd|command|exec|run|expr|formula|format|url|uri|query|search|^q$|filter|title|subject|message|comment|text|body|content|greeting|label/i

export interface TextCase extends Case {
  readonly operation: Operation
  readonly owner: string
  readonly variant: string
}

/**
 * Operations × places where a text may be handed on, the likeliest place first.
 * Reads, and what makes or changes an object of one's own; other actions only where their names speak of such a use.
 */
export function textCases(
  plan: Plan,
  most: number,
  wanted: (place: TextPlace, operation: Operation) => boolean,
): readonly TextCase[] {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin ?? plan.identities[0]
  if (!user) return []
  return plan.operations.flatMap((operation) => {
    if (operation.leftOut || ['auth', 'webhook', 'delete'].includes(operation.purpose)) return []
    const owner = operation.access === 'admin' ? (admin ?? user) : user
    const places = textPlaces(operation).filter((place) => isTried(operation, place) && wanted(place, operation))
    const likelyFirst = [...places].sort((one, other) => rank(one) - rank(other))
    return likelyFirst
      .slice(0, most)
      .map((place) => ({ operation, owner: owner.name, variant: `${place.in} ${place.name}` }))
  })
}

const lastName = ({ name }: TextPlace): string => name.split('/').at(-1) ?? name
const rank = (place: TextPlace): number => (HANDED_ON.test(lastName(place)) ? 0 : 1)

/** An action may do what cannot be undone: it is tried only where it looks like a tool. */
function isTried({ method, purpose, extension }: Operation, place: TextPlace): boolean {
  if (method === 'GET' || purpose === 'create' || purpose === 'update') return true
  const isTool = /host|domain|addr|^ip$|file|path|template|tpl|cmd|command|expr|formula|query|^q$|search|filter/i
  return method === 'POST' && !extension?.flow && isTool.test(lastName(place))
}

export interface Prepared {
  readonly place: TextPlace
  readonly draft: BuiltDraft
  /** The object that is changed; null where none is. */
  readonly thing: Thing | null
}

/** The owner's valid request, on an object of its own where it changes one. @throws {NotTested} Where none can be made. */
export async function prepare(probe: Probe, { operation, owner, variant }: TextCase): Promise<Prepared | null> {
  const place = textPlaces(operation).find((each) => `${each.in} ${each.name}` === variant)
  if (place === undefined) return null
  const alice = probe.identity(owner)
  const isChange = operation.purpose === 'update' && operation.resource !== null
  const thing = isChange ? await probe.fresh(operation.resource as string, alice) : null
  return { place, thing, draft: await probe.draft(operation, alice, thing === null ? {} : { things: [thing] }) }
}

/**
 * Makes sure that texts were looked at at all: where none was taken, an ordinary one must be. Sends at most one request.
 * @throws {Inconclusive} Where the owner's own valid request is refused too, and where a text broke the target: neither refuses anything.
 */
export async function requireTaken(
  probe: Probe,
  { operation, owner }: TextCase,
  { draft }: Prepared,
  answers: readonly Answer[],
): Promise<void> {
  const broken = answers.find(({ status }) => status >= 500 && status !== 501)
  if (broken)
    throw new Inconclusive(`one text is answered ${broken.status} by ${operation.id}, which refuses nothing`, broken)
  if (answers.some(isTaken)) return
  const plain = await settled(probe, draft, probe.identity(owner))
  if (!isTaken(plain))
    throw new Inconclusive(`${operation.id} answers ${plain.status} to an ordinary text of ${owner} too`, plain)
}

/** A redirect to what the text names takes it too. */
const isTaken = (answer: Answer): boolean => succeeded(answer) || (answer.status >= 300 && answer.status < 400)
