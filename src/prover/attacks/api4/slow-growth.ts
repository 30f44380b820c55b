import type { Attack, Case } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { typeOf } from '../../plan/sample.ts'
import { withAt } from '../../pointer.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { schemaOf } from './bounded-fields.ts'
import { isLimited } from './limits.ts'

/** Where time doubles with each character, the first ones show it before the last would hang the server. */
const LENGTHS = [20, 25, 28, 1_000, 4_000]
const SHAPES: readonly (readonly [string, (length: number) => string])[] = [
  ['letters', (length) => `${'a'.repeat(length)}!`],
  ['blanks', (length) => `x${' '.repeat(length)}x`],
]
const ROUNDS = 3
const TELLING_MILLISECONDS = 250
const TELLING_FACTOR = 8
const TIMEOUT_MILLISECONDS = 8_000

export const slowGrowth: Attack = {
  id: 'slow-growth',
  number: 75,
  risk: 'API4',
  severity: 'high',
  cwe: 1333,
  title: 'The time of an answer grows out of proportion with a text',
  references: ['OWASP API4:2023', 'ASVS 5.0 1.3.12'],
  maxRequests: 6 + SHAPES.length * (LENGTHS.length + 2 * ROUNDS),
  oracle: `Over ${ROUNDS} turns the long text takes ${TELLING_FACTOR} times the short one's median, and ${TELLING_MILLISECONDS} ms more.`,
  fix: 'Bound the length before a pattern sees the text, and use patterns without nested or overlapping repetition.',
  phase: 'exhausting',
  cases,
  async run({ operation, owner, variant = '' }: Case, probe) {
    if (!operation) return pass()
    const user = probe.identity(owner)
    const draft = await probe.draft(operation, user)
    const sender = operation.access === 'public' ? probe.nobody : user
    const control = await probe.send(draft, sender)
    if (!succeeded(control)) throw new Inconclusive(`a valid request is answered ${control.status} too`, control)
    const timed = async (text: string): Promise<Answer> => {
      const send = () =>
        probe.send(withText(draft, variant, text), sender, {
          anyStatus: true,
          timeoutMilliseconds: TIMEOUT_MILLISECONDS,
        })
      let answer = await send()
      if (isLimited(answer)) {
        await probe.wait((Number(answer.headers['retry-after'] ?? '60') || 60) * 1000 + 50)
        answer = await send()
      }
      if (isLimited(answer) || (answer.status === 0 && answer.failure !== 'timeout'))
        throw new Inconclusive(`it is answered ${answer.status || answer.failure}, which tells no time`, answer)
      return answer
    }
    const short = await timed('aa')
    let last = short
    for (const [what, shape] of SHAPES)
      for (const length of LENGTHS) {
        last = await timed(shape(length))
        if (last.milliseconds < short.milliseconds + TELLING_MILLISECONDS) continue
        const [few, many] = await interleaved(
          () => timed('aa'),
          () => timed(shape(length)),
        )
        if (many > few * TELLING_FACTOR && many > few + TELLING_MILLISECONDS)
          return fail(
            `${length} ${what} take ${Math.round(many)} ms, two characters ${Math.round(few)} ms`,
            short,
            last,
          )
        if (many > few + TELLING_MILLISECONDS)
          throw new Inconclusive(
            `the target is too slow or too busy to tell (${Math.round(few)} and ${Math.round(many)} ms)`,
            last,
          )
      }
    return pass(`${LENGTHS.at(-1)} characters take ${Math.round(last.milliseconds)} ms`, short, last)
  },
}

/** Medians of two requests in turns: what slows the one down slows the other too. */
async function interleaved(
  one: () => Promise<Answer>,
  other: () => Promise<Answer>,
): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    times[0].push((await one()).milliseconds)
    times[1].push((await other()).milliseconds)
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
  return [median(times[0]), median(times[1])]
}

/** @param place - `query name` or `body name`. */
function withText(draft: Draft, place: string, text: string): Draft {
  const [where, name = ''] = place.split(' ')
  if (where === 'body') return { ...draft, body: withAt(draft.body, `/${name}`, text) }
  return { ...draft, query: [...draft.query.filter(([each]) => each !== name), [name, text]] }
}

const SEARCHED = /^(q|query|search|filter|term|text|pattern|email|name|title|url|slug)$/i

/** At most three places: texts that are searched with, then those that a pattern is likely to check. */
function cases(plan: Plan): readonly Case[] {
  const user = firstUser(plan)
  if (user === null) return []
  const operations = plan.operations.filter(
    ({ leftOut, access, purpose }) => !leftOut && access !== 'admin' && purpose !== 'webhook',
  )
  const places = operations.flatMap((operation) =>
    placesOf(operation).map((variant) => ({ operation, owner: user.name, variant })),
  )
  const rank = ({ variant }: { variant: string }) =>
    variant.startsWith('query') ? 0 : /mail|url|phone/i.test(variant) ? 1 : 2
  return places.sort((one, other) => rank(one) - rank(other)).slice(0, 3)
}

function placesOf(operation: Operation): readonly string[] {
  if (operation.method === 'GET')
    return operation.read.parameters.flatMap(({ in: place, name, schema }) =>
      place === 'query' && typeOf(schema) === 'string' && SEARCHED.test(name) ? [`query ${name}`] : [],
    )
  // A login is for other attacks: its limit is in the way.
  if (operation.purpose !== 'create') return []
  return Object.entries(schemaOf(operation)?.properties ?? {}).flatMap(([name, property]) =>
    typeOf(property) === 'string' && property.enum === undefined && SEARCHED.test(name) ? [`body ${name}`] : [],
  )
}
