import { schemaNodes } from '../../../contract/from-openapi/schema-nodes.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import { singular, wordsOf } from '../../plan/names.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { replySchema } from '../../plan/reply-shape.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { propertiesOf, requestSchemas } from '../api3/fields.ts'

/** A code that a step uses up: a voucher's, or the token of an invitation. */
const TICKET =
  /^((coupon|voucher|promo|gift|gift_?card|invite|invitation|ticket|redeem|redemption|access)_?)?(code|token)$|^(coupon|voucher|ticket|invitation)$/i
const MOST_SOURCES = 2

/** The field of a request that says which code is used; null where none is. */
export function ticketField(operation: Operation): string | null {
  const names = requestSchemas(operation).flatMap((schema) => Object.keys(propertiesOf(schema)))
  const found = names.find((name) => TICKET.test(name))
  return found === undefined || operation.references.some(({ name }) => name === `/${found}`) ? null : found
}

/**
 * The request with a code in it that nobody has used yet: one that the API lists or gives, or that the document or the configuration says.
 * @throws {NotTested} Where there is none.
 */
export async function withTicket(
  draft: BuiltDraft,
  operation: Operation,
  owner: Identity,
  probe: Probe,
): Promise<BuiltDraft> {
  const field = ticketField(operation)
  if (field === null) return draft
  const used = await probe.shared(`tickets ${operation.id}`, async () => new Set<string>())
  for (const source of sources(operation, field, owner, probe)) {
    const found = (await source()).find((each) => !used.has(each))
    if (found === undefined) continue
    used.add(found)
    return { ...draft, body: withAt(draft.body, `/${field}`, found) }
  }
  throw new NotTested(
    `no ${field} is known that ${operation.id} would take; say some: operations: { '${operation.id}': { bodies: [ { ${field}: … }, … ] } }`,
  )
}

type Source = () => Promise<readonly string[]>

/** Lists first, since they cost nothing; then what is said; then what has to be made. */
function sources(operation: Operation, field: string, owner: Identity, probe: Probe): readonly Source[] {
  const { plan } = probe
  const related = plan.operations.filter((each) => isAbout(each, operation, plan))
  const lists = related.filter(({ method, purpose }) => method === 'GET' && purpose === 'list')
  const makers = related.filter((each) => each.purpose === 'create' && tells(each, field))
  const said = [
    ...operation.samples.map(({ body }) => body),
    ...(operation.read.body?.content ?? []).flatMap(({ examples }) => examples),
  ].flatMap((body) => textAt(body, field))
  return [
    ...lists.slice(0, MOST_SOURCES).map((each) => () => listed(each, field, owner, probe)),
    async () => said,
    ...makers.slice(0, MOST_SOURCES).map((each) => () => given(each, field, owner, probe)),
  ]
}

/** Whether what it lists or makes is what the step is called after: `/vouchers` and `POST /orders/{id}/voucher`. */
function isAbout({ id, path, leftOut }: Operation, step: Operation, { auth }: Plan): boolean {
  const last = path.split('/').findLast((part) => part !== '' && !part.includes('{')) ?? ''
  const { summary, operationId } = step.read
  const nouns = wordsOf(`${step.path} ${summary} ${operationId ?? ''}`).map(singular)
  return !leftOut && id !== step.id && id !== auth.login && nouns.includes(singular(wordsOf(last).at(-1) ?? ''))
}

const tells = ({ read }: Operation, field: string): boolean => {
  const schema = replySchema(read)
  return schema !== null && [...schemaNodes(schema, { most: 80 })].some(({ name }) => name === field)
}

const textAt = (body: unknown, field: string): readonly string[] => {
  const value = at(body, `/${field}`)
  return typeof value === 'string' && value !== '' ? [value] : []
}

async function listed(list: Operation, field: string, owner: Identity, probe: Probe): Promise<readonly string[]> {
  return textsUnder(await asked(list, owner, probe), field)
}

/** Made by whoever may: an invitation is an admin's to give. */
async function given(maker: Operation, field: string, owner: Identity, probe: Probe): Promise<readonly string[]> {
  const admins = probe.run.identities.filter(({ plan }) => plan.kind === 'admin' && plan.tenant === owner.plan.tenant)
  for (const somebody of [owner, ...admins]) {
    const texts = textsUnder(await asked(maker, somebody, probe), field)
    if (texts.length > 0) return texts
  }
  return []
}

async function asked(operation: Operation, as: Identity, probe: Probe): Promise<Answer | null> {
  try {
    return await probe.send(await probe.draft(operation, as), as)
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return null
    throw error
  }
}

const textsUnder = (answer: Answer | null, field: string): readonly string[] =>
  answer === null || !succeeded(answer)
    ? []
    : [...leavesOf(answer.json)].flatMap(({ at: place, value }) =>
        place.split('/').at(-1) === field && typeof value === 'string' && value !== '' ? [value] : [],
      )
