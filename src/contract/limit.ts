import { type Duration, seconds } from '../base/duration.ts'

/** `100/minute`: requests in a window. */
export type Rate = `${number}/${'second' | 'minute' | 'hour' | 'day'}`

/** A budget counted by a validated input value, for example the account that a login names. */
export interface InputKey {
  readonly from: 'body' | 'query'
  readonly name: string
}

export const body = (name: string): InputKey => Object.freeze({ from: 'body', name })
export const query = (name: string): InputKey => Object.freeze({ from: 'query', name })

export interface LimitConfig {
  /** By address on public endpoints, by principal elsewhere. */
  readonly rate: Rate
  /** Further budgets counted by validated input, each with its own rate; spent after validation. */
  readonly by?: readonly { readonly key: InputKey; readonly rate: Rate }[]
  /** Units that one call spends. Default 1. */
  readonly cost?: number
  /** Largest body, in bytes. Default 65,536. */
  readonly maxBytes?: number
  /** Deadline of the handler. Default 10 s. */
  readonly timeout?: Duration
  /** Calls of this endpoint at the same time in one process. Default 256. */
  readonly concurrency?: number
}

/** A limit with every default filled in. */
export interface Limit {
  readonly rate: { readonly count: number; readonly windowSeconds: number }
  readonly by: readonly { readonly key: InputKey; readonly count: number; readonly windowSeconds: number }[]
  readonly cost: number
  readonly maxBytes: number
  readonly timeoutMilliseconds: number
  readonly concurrency: number
}

const WINDOWS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const

/** @throws {RangeError} On anything but `<whole number>/<window>`. */
export function parseRate(rate: string): { readonly count: number; readonly windowSeconds: number } {
  const match = /^([1-9]\d{0,8})\/(second|minute|hour|day)$/.exec(rate)
  if (!match) throw new RangeError(`"${rate}" is no rate; write for example "100/minute"`)
  return { count: Number(match[1]), windowSeconds: WINDOWS[match[2] as keyof typeof WINDOWS] }
}

/** The rate as it is written: `5/minute`. */
export function formatRate(rate: { readonly count: number; readonly windowSeconds: number }): Rate {
  const [window = 'second'] = Object.entries(WINDOWS).find(([, seconds]) => seconds === rate.windowSeconds) ?? []
  return `${rate.count}/${window as keyof typeof WINDOWS}`
}

const KNOWN = ['rate', 'by', 'cost', 'maxBytes', 'timeout', 'concurrency']

/** @throws {RangeError} On an unknown key, a number that is not whole and positive, or a cost above the rate. */
export function parseLimit(given: Rate | LimitConfig): Limit {
  const config: LimitConfig = typeof given === 'string' ? { rate: given } : given
  for (const key of Object.keys(config)) {
    if (!KNOWN.includes(key)) throw new RangeError(`limit: unknown key "${key}"; it takes ${KNOWN.join(', ')}`)
  }
  const whole = (name: string, value: number, max: number) => {
    if (!(Number.isInteger(value) && value >= 1 && value <= max))
      throw new RangeError(`limit.${name} is ${value}; it must be a whole number from 1 to ${max}`)
    return value
  }
  const rate = parseRate(config.rate)
  return Object.freeze({
    rate,
    by: (config.by ?? []).map(({ key, rate: each }) => ({ key, ...parseRate(each) })),
    cost: whole('cost', config.cost ?? 1, rate.count),
    maxBytes: whole('maxBytes', config.maxBytes ?? 65_536, 100_000_000),
    timeoutMilliseconds: whole('timeout', seconds(config.timeout ?? '10s'), 3600) * 1000,
    concurrency: whole('concurrency', config.concurrency ?? 256, 100_000),
  })
}
