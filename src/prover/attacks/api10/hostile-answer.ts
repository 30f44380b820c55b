import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { saying } from '../../listeners/replies.ts'
import { withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, pass, type Verdict } from '../../verdict.ts'
import { SHOT_REQUESTS } from '../api7/bait.ts'
import type { UrlCase } from '../api7/url-inputs.ts'
import { signedInReads } from '../signed-in.ts'
import {
  type Asked,
  fieldsOf,
  objectOf,
  openUpstream,
  page,
  type Shows,
  showsOf,
  UPSTREAM_REQUESTS,
  type Upstream,
  upstreamCases,
  writerBeside,
} from './upstream.ts'

export const hostileAnswer: Attack = {
  id: 'hostile-answer',
  number: 125,
  risk: 'API10',
  severity: 'high',
  cwe: 20,
  title: 'What another service answers is trusted more than what users write',
  references: ['OWASP API10:2023', 'ASVS 5.0 1.2.1', 'ASVS 5.0 2.2.1'],
  maxRequests: UPSTREAM_REQUESTS + 4 * SHOT_REQUESTS + 4,
  oracle:
    'A script of an upstream stands raw in an HTML page, is kept although users may not write it, breaks a query, or `__proto__` of its answer shows in other answers.',
  fix: 'Validate what upstreams answer by a schema, as input of users; write by parameters, merge into fresh objects, escape where it is shown.',
  phase: 'destructive',
  cases: (plan) => upstreamCases(plan, 3),
  async run(it, probe) {
    if (it.operation === null) return pass()
    const upstream = await openUpstream(probe, it as UrlCase)
    const shows = await showsOf(probe, upstream)
    return (
      (await script(probe, upstream, shows)) ??
      (await query(probe, upstream, shows)) ??
      (await prototype(probe, upstream)) ??
      pass('hostile texts are refused, or kept as users may write them, and shown as data')
    )
  },
}

/** Raw in a page, or kept where the same text of a user is refused or cleaned. */
async function script(probe: Probe, upstream: Upstream, shows: Shows): Promise<Verdict | null> {
  const { bait, ask } = upstream
  const text = `<script>"${probe.nonce()}"</script>`
  const asked = await ask(page(shows.form, fieldsOf(probe.plan, bait.operation), () => text))
  const inPage = answersOf(asked).find(
    (each) => /html/.test(each.headers['content-type'] ?? '') && succeeded(each) && each.text.includes(text),
  )
  if (inPage) return fail(`${bait.operation.id} puts a script of the other service into its page`, inPage)
  const written = JSON.stringify(text).slice(1, -1)
  const kept = answersOf(asked).find((each) => succeeded(each) && each.text.includes(written))
  if (!kept) return null
  const own = await asUser(probe, upstream, shows, text)
  return own && !own.includes(written)
    ? fail(`${bait.operation.id} keeps a script of the other service that users may not write themselves`, kept)
    : null
}

/** What becomes of the text when a user writes it; null where ordinary text is refused as well, or nobody can. */
async function asUser(probe: Probe, { bait }: Upstream, { places }: Shows, text: string): Promise<string | null> {
  const writer = writerBeside(probe.plan, bait.operation)
  const field = places.find(({ name }) => Object.hasOwn(writer?.read.body?.content[0]?.schema.properties ?? {}, name))
  if (writer === null || field === undefined) return null
  const owner = probe.identity(bait.owner)
  const draft = await probe.draft(writer, owner)
  const write = async (value: string): Promise<Answer> =>
    probe.send({ ...draft, body: withAt(draft.body, `/${field.name}`, value) }, owner)
  const plain = probe.nonce()
  const ordinary = await write(plain)
  // Where a write is not shown, nothing tells what became of the text.
  if (!succeeded(ordinary) || !ordinary.text.includes(plain)) return null
  return (await write(text)).text || 'refused'
}

const DATABASE =
  /SQL syntax|SQLITE_ERROR|sqlite3?\.|syntax error at or near|unterminated quoted string|ORA-\d{5}|SQLSTATE|unclosed quotation mark|near ".{1,20}": syntax error/i

async function query(probe: Probe, { bait, ask }: Upstream, { form }: Shows): Promise<Verdict | null> {
  const text = `${probe.nonce()}' OR '1'='1`
  const asked = await ask(page(form, fieldsOf(probe.plan, bait.operation), () => text))
  const broken = answersOf(asked).find((each) => !succeeded(each) && DATABASE.test(each.text))
  return broken ? fail(`a quote in the other service's answer breaks a query of ${bait.operation.id}`, broken) : null
}

async function prototype(probe: Probe, { bait, ask }: Upstream): Promise<Verdict | null> {
  const [name, value] = [`tp${probe.nonce().slice(-8)}`, probe.nonce()]
  const fields = JSON.stringify(objectOf(fieldsOf(probe.plan, bait.operation), (each) => each)).slice(1)
  await ask(saying(`{"__proto__":{"${name}":"${value}"},"constructor":{"prototype":{"${name}":"${value}"}},${fields}`))
  const [reader] = signedInReads(probe.plan, 1)
  if (!reader) return null
  const who = probe.identity(reader.owner)
  const seen = await probe.send(await probe.draft(reader.operation, who), who)
  return seen.text.includes(value)
    ? fail(`__proto__ of the other service's answer to ${bait.operation.id} shows in ${reader.operation.id}`, seen)
    : null
}

const answersOf = ({ answer, later }: Asked): readonly Answer[] => [answer, ...later]
