import type { JsonSchema } from '../../../contract/schema.ts'
import type { Case, Untested } from '../../attack.ts'
import type { Listener, Reply } from '../../listeners/listener.ts'
import { outerListener } from '../../listeners/our-listeners.ts'
import { saying } from '../../listeners/replies.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { objectIn, replySchema } from '../../plan/reply-shape.ts'
import { sampleOf, typeOf } from '../../plan/sample.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { NotTested } from '../../verdict.ts'
import { propertiesOf } from '../api3/fields.ts'
import { type Bait, SHOT_REQUESTS, type Shot } from '../api7/bait.ts'
import { CONTROL_REQUESTS, openBait } from '../api7/held.ts'
import { inputName, type UrlCase, urlCases } from '../api7/url-inputs.ts'

/** Requests of what is learned of an upstream's answers, at most. */
export const UPSTREAM_REQUESTS = CONTROL_REQUESTS + 2 * SHOT_REQUESTS

/** Real time for whoever calls after it has answered. Milliseconds. */
const LATE = 150

/** An operation that calls our listener, which stands for a service that the API relies on. */
export interface Upstream {
  readonly bait: Bait
  readonly listener: Listener
  /** Has the API call us, and answers it so. */
  ask(reply: Reply, timeoutMilliseconds?: number): Promise<Asked>
}

export interface Asked extends Shot {
  /** Path at the listener that it was called by. */
  readonly path: string
}

/** Inputs that take an address, and operations that call fixed hosts, which cannot be ours. */
export function upstreamCases(plan: Plan, most: number): readonly (Case | Untested)[] {
  const cases = urlCases(plan, most)
  const open = new Set(cases.map(({ operation }) => operation?.id))
  const fixed = plan.operations.flatMap((operation): Untested[] => {
    const hosts = operation.extension?.outbound
    if (operation.leftOut || open.has(operation.id) || !Array.isArray(hosts) || hosts.length === 0) return []
    const untested = `it calls ${hosts.join(', ')} alone, which is not ours; start the API with a stub of yours in its place to try hostile answers`
    return [{ operation, untested }]
  })
  return [...cases, ...fixed.slice(0, 1)]
}

/** @throws {NotTested} Where the API does not call our listener, so that nothing it does with answers is seen. */
export async function openUpstream(probe: Probe, it: UrlCase): Promise<Upstream> {
  const listener = await outerListener(probe)
  const { bait, scheme } = await openBait(probe, it)
  if (scheme === 'https')
    throw new NotTested(`${it.operation.id} takes https alone, and it trusts no certificate of ours`)
  const ask = async (reply: Reply, timeoutMilliseconds?: number) => {
    const path = `/${probe.nonce()}`
    listener.answer(path, reply)
    return { ...(await bait.shoot(listener.url(path), timeoutMilliseconds)), path }
  }
  await probe.shared(`upstream ${it.operation.id} ${inputName(bait.input)}`, async () => {
    const { path } = await ask(saying('{}'))
    if ((await listener.awaited(path, LATE)).length === 0)
      throw new NotTested(
        `${it.operation.id} does not call ${new URL(listener.url('/')).hostname}, so what it does with answers is not seen; ` +
          'name an address that it may call and that leads to this machine: --callback host:port',
      )
  })
  return { bait, listener, ask }
}

/** How the API shows what an upstream answered. */
export interface Shows {
  readonly form: 'json' | 'html'
  /** Fields of an answer of ours whose text comes back, where they stand in the API's JSON answer, and what they may hold. */
  readonly places: readonly { readonly name: string; readonly at: string; readonly schema: JsonSchema }[]
}

/**
 * What of an ordinary answer comes back: a JSON object of every field that the API speaks of, or a page.
 * @throws {NotTested} Where nothing does.
 */
export function showsOf(probe: Probe, { bait, ask }: Upstream): Promise<Shows> {
  const { operation } = bait
  return probe.shared(`upstream shows ${operation.id} ${inputName(bait.input)}`, async () => {
    const fields = fieldsOf(probe.plan, operation)
    for (const form of ['json', 'html'] as const) {
      const nonce = `${probe.nonce()}x`
      const { answer, later } = await ask(page(form, fields, (name) => `${nonce}${name}`))
      const shown = [answer, ...later].find((each) => succeeded(each) && each.text.includes(nonce))
      if (!shown) continue
      const places = [...leavesOf(shown.json)].flatMap(({ at, value }) => {
        if (typeof value !== 'string' || !value.startsWith(nonce)) return []
        const name = value.slice(nonce.length)
        return [{ name, at, schema: fields[at.split('/').at(-1) ?? ''] ?? fields[name] ?? {} }]
      })
      return { form, places }
    }
    throw new NotTested(`${operation.id} calls our listener and shows nothing of its answer`)
  })
}

/** A reply of ours with a text in each field that has room for one. */
export function page(
  form: Shows['form'],
  fields: Readonly<Record<string, JsonSchema>>,
  text: (name: string) => string,
): Reply {
  if (form === 'html')
    return saying(
      `<!doctype html><html><head><title>${text('title')}</title><meta property="og:title" content="${text('title')}">` +
        `<meta name="description" content="${text('description')}"></head><body><h1>${text('title')}</h1></body></html>`,
      'text/html',
    )
  return saying(JSON.stringify(objectOf(fields, text)))
}

export const objectOf = (
  fields: Readonly<Record<string, JsonSchema>>,
  text: (name: string) => string,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => {
      const isText = typeOf(schema) === 'string' && !schema.format && !schema.enum && !schema.pattern
      const hasRoom = (schema.maxLength ?? 100) >= text(name).length
      return [name, isText && hasRoom ? text(name) : sampleOf(schema, { random: () => 0.5 }, name)]
    }),
  )

const USUAL = ['title', 'name', 'text', 'description', 'content', 'body', 'message']

/** What an upstream's object may hold for this operation: the fields of its reply, of what it makes, and usual ones. */
export function fieldsOf(plan: Plan, operation: Operation): Readonly<Record<string, JsonSchema>> {
  const reply = replySchema(operation.read)
  const own = writerBeside(plan, operation)
  const usual = Object.fromEntries(USUAL.map((name) => [name, { type: 'string' } as JsonSchema]))
  const request = own?.read.body?.content[0]?.schema
  return {
    ...usual,
    ...(request ? propertiesOf(request) : {}),
    ...(reply ? propertiesOf(objectIn(reply, operation.resource ?? '').schema) : {}),
  }
}

/** The operation with which users themselves make what this one makes of an answer: `POST /notes` beside `POST /notes/import`. */
export function writerBeside(plan: Plan, { id, path, resource }: Operation): Operation | null {
  return (
    plan.operations.find(
      (each) =>
        each.id !== id &&
        each.purpose === 'create' &&
        !each.leftOut &&
        (path.startsWith(`${each.path}/`) || (resource !== null && each.resource === resource)),
    ) ?? null
  )
}
