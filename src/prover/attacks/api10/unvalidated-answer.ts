import type { Attack } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { saying } from '../../listeners/replies.ts'
import { fits } from '../../plan/fits.ts'
import { typeOf } from '../../plan/sample.ts'
import { at } from '../../pointer.ts'
import { succeeded } from '../../success.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { SHOT_REQUESTS } from '../api7/bait.ts'
import type { UrlCase } from '../api7/url-inputs.ts'
import { fieldsOf, objectOf, openUpstream, type Shows, showsOf, UPSTREAM_REQUESTS, upstreamCases } from './upstream.ts'

const MOST = 3

export const unvalidatedAnswer: Attack = {
  id: 'unvalidated-answer',
  number: 128,
  risk: 'API10',
  severity: 'medium',
  cwe: 1287,
  title: 'An answer of another service is taken although it breaks the schema',
  references: ['OWASP API10:2023', 'ASVS 5.0 2.2.1', 'ASVS 5.0 2.2.2'],
  maxRequests: UPSTREAM_REQUESTS + MOST * SHOT_REQUESTS,
  oracle:
    'A value of our answer that the contract does not allow in that field (too long, of another type, none of a list) comes back in it.',
  fix: 'Parse what upstreams answer with a strict schema of your own before anything of it is used; answer 502 where it does not fit.',
  phase: 'normal',
  cases: (plan) => upstreamCases(plan, 3),
  async run(it, probe) {
    if (it.operation === null) return pass()
    const upstream = await openUpstream(probe, it as UrlCase)
    const shows = await showsOf(probe, upstream)
    const wrong = violations(shows, probe.nonce())
    if (shows.form === 'html' || wrong.length === 0)
      throw new NotTested(`${it.operation.id}: no schema says what the fields that come back may hold`)
    const fields = fieldsOf(probe.plan, it.operation)
    for (const { name, place, value, what } of wrong.slice(0, MOST)) {
      const body = { ...objectOf(fields, () => 'text'), [name]: value }
      const { answer, later } = await upstream.ask(saying(JSON.stringify(body)))
      const taken = [answer, ...later].find((each) => holds(each, place, value))
      if (taken) return fail(`${it.operation.id} takes ${what} of the other service's answer and shows it`, taken)
    }
    return pass('what breaks the schema is refused or left out')
  },
}

interface Wrong {
  readonly name: string
  readonly place: string
  readonly value: unknown
  readonly what: string
}

/** A field alone is changed, so that the rest stays as it was taken. */
function violations({ places }: Shows, nonce: string): readonly Wrong[] {
  return places.flatMap(({ name, at: place, schema }): Wrong[] => {
    const { maxLength } = schema
    const long = maxLength !== undefined && maxLength <= 100_000 ? nonce.padEnd(maxLength + 20, 'x') : null
    const candidates = [
      ...(long === null ? [] : [{ value: long, what: `a ${name} longer than ${maxLength}` }]),
      ...(typeOf(schema) === 'string' && schema.type !== undefined
        ? [{ value: { nested: nonce }, what: `an object as ${name}, which is a text,` }]
        : []),
    ]
    return candidates.filter(({ value }) => !fits(schema, value)).map((each) => ({ name, place, ...each }))
  })
}

const holds = (answer: Answer, place: string, value: unknown): boolean =>
  succeeded(answer) && JSON.stringify(at(answer.json, place)) === JSON.stringify(value)
