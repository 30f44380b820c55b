import type { Answer } from '../../engine/exchange.ts'
import type { Operation } from '../../plan/plan.ts'
import { Inconclusive } from '../../verdict.ts'

/** An answer that says "too many", by its status or in words. */
export const isLimited = ({ status, text }: Answer): boolean =>
  status === 429 ||
  ([403, 420, 423, 503].includes(status) && /too many|rate.?limit|throttl|slow down|try again (later|in)/i.test(text))

export interface Burst {
  readonly first: Answer
  readonly last: Answer
  /** The first answer that was limited; null: none was. */
  readonly limited: Answer | null
  readonly sent: number
}

/** Sends one after the other until one is limited. @throws {Inconclusive} When the target breaks on the way. */
export async function burst(most: number, send: (index: number) => Promise<Answer>): Promise<Burst> {
  let first: Answer | null = null
  for (let sent = 1; ; sent++) {
    const answer = await send(sent)
    first ??= answer
    if (isLimited(answer)) return { first, last: answer, limited: answer, sent }
    if (answer.status === 0 || answer.status >= 500)
      throw new Inconclusive(
        `request ${sent} was answered ${answer.status || answer.failure}, which is no limit`,
        answer,
      )
    if (sent >= most) return { first, last: answer, limited: null, sent }
  }
}

export interface DeclaredRate {
  /** Requests in a window, what one costs taken into account. */
  readonly count: number
  readonly windowSeconds: number
}

const WINDOWS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 }

/** The limit that the contract declares; null where it declares none. */
export function declaredRate({ extension }: Operation): DeclaredRate | null {
  if (extension === null) return null
  const [count = '', window = ''] = extension.limit.rate.split('/')
  return { count: Math.ceil(Number(count) / (extension.limit.cost ?? 1)), windowSeconds: WINDOWS[window] ?? 60 }
}

const SAID =
  /\b(?:(\d{1,5})(?: [a-z][\w-]*){0,3} (?:an?|per|each|every|in an?) |(\d{1,5})(?: [a-z][\w-]*){0,3} (?:in|per|every|within) (\d{1,4}) )(second|minute|hour|day)s?\b/i
/** What is counted is not every request. */
const NOT_EVERY = /fail|wrong|invalid|success|distinct|different|new |bad |unique/i

/**
 * The limit that a description tells in words: `At most 6 a minute`, `5 in 10 minutes`. Null where it tells none, or one that counts only some
 * requests.
 */
export function saidRate({ read }: Operation): DeclaredRate | null {
  for (const sentence of `${read.summary}. ${read.description}`.split(/[.;]\s/)) {
    const said = SAID.exec(sentence)
    if (said === null || NOT_EVERY.test(said[0])) continue
    const [, each, several, times = '1', window = ''] = said
    return { count: Number(each ?? several), windowSeconds: Number(times) * (WINDOWS[window.toLowerCase()] ?? 60) }
  }
  return null
}

/** The limit that an answer's headers tell: the draft standard's, or the customary ones before it. */
export function toldRate({ headers }: Answer): DeclaredRate | null {
  const policy = headers['ratelimit-policy'] ?? ''
  const quota = /;\s*q=(\d+)/.exec(policy)?.[1] ?? /^(\d+)\s*;/.exec(policy)?.[1]
  const count = Number(quota ?? headers['ratelimit-limit'] ?? headers['x-ratelimit-limit'])
  if (!(count > 0)) return null
  return { count, windowSeconds: Number(/;\s*w=(\d+)/.exec(policy)?.[1] ?? 60) }
}

const UNITS: Readonly<Record<string, number>> = { bytes: 1, kb: 1024, kib: 1024, mb: 1_048_576, mib: 1_048_576 }

/** The size of a body that a description tells, or that of the answer 413; null where none does. */
export function saidBytes({ read }: Operation): number | null {
  const tooLarge = read.responses.filter(({ status }) => status === '413').map(({ description }) => description)
  const said = /\b(\d{1,7})\s?(bytes|kib|kb|mib|mb)\b/i.exec([read.summary, read.description, ...tooLarge].join('\n'))
  return said === null ? null : Number(said[1]) * (UNITS[(said[2] ?? '').toLowerCase()] ?? 1)
}
