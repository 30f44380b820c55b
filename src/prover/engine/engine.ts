import { Inconclusive, NotTested, STOPPED } from '../verdict.ts'
import { encodeBody } from './encode-body.ts'
import type { Answer, Draft, Exchange } from './exchange.ts'
import type { HttpClient, WireAnswer } from './http-client.ts'
import { type Ask, type Door, LOOPBACK_DOORS, limitOf, Patience } from './patience.ts'
import { RateCap } from './rate.ts'
import { hideFresh, hideHeader, type Placeholders } from './secrets.ts'
import { Slots } from './slots.ts'
import type { ProveTarget } from './target.ts'

export interface EngineLimits {
  /** Requests a second. */
  readonly rate: number
  readonly maxRequests: number
  readonly timeoutMilliseconds: number
  /** Longest Retry-After that is obeyed by waiting, seconds. */
  readonly maxWaitSeconds: number
  /** Methods other than GET, HEAD and OPTIONS are sent. */
  readonly allowWrites: boolean
  /** Paths below which requests go; none: all. */
  readonly scope: readonly string[]
}

export interface EngineEvents {
  exchange(exchange: Exchange): void
  /** What somebody was answered, by the name that he sends under. */
  answer?(draft: Draft, name: string, answer: Answer): void
}

/** Whoever sends: for the record, and the headers and query that carry its credential. */
export interface Sender {
  readonly name: string
  readonly headers: readonly (readonly [string, string])[]
  readonly query: readonly (readonly [string, string])[]
}

export const NOBODY: Sender = { name: 'nobody', headers: [], query: [] }

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE']

/** The one place that sends: scope, read-only mode, request cap, rate, the run's header and the record are here. */
export class Engine {
  readonly target: ProveTarget
  readonly runId: string
  readonly limits: EngineLimits
  /** Requests sent so far. */
  sent: number
  /** Which cases work and which only wait. */
  readonly slots = new Slots()
  readonly #client: HttpClient
  readonly #placeholders: Placeholders
  readonly #events: EngineEvents
  readonly #rate: RateCap
  readonly #signal: AbortSignal
  readonly #patience: Patience
  #last: number

  constructor(given: {
    readonly target: ProveTarget
    readonly runId: string
    readonly limits: EngineLimits
    readonly client: HttpClient
    readonly placeholders: Placeholders
    readonly events: EngineEvents
    readonly signal: AbortSignal
    /** Requests that were sent before, which count and are numbered with these. */
    readonly before?: number
  }) {
    this.target = given.target
    this.runId = given.runId
    this.limits = given.limits
    this.#client = given.client
    this.#placeholders = given.placeholders
    this.#events = given.events
    this.#rate = new RateCap(given.limits.rate)
    this.#signal = given.signal
    this.sent = given.before ?? 0
    this.#last = this.sent
    this.#patience = new Patience({
      target: given.target,
      maxWaitSeconds: given.limits.maxWaitSeconds,
      slots: this.slots,
      wait: (milliseconds) => this.wait(milliseconds),
    })
  }

  /**
   * Lets time pass, as the target's time does; other cases go on meanwhile.
   * @throws {Inconclusive} At once when the run is stopped.
   */
  async wait(milliseconds: number): Promise<void> {
    const { target } = this
    if (target.timeIsOurs) return target.wait(milliseconds)
    await this.slots.away(untilStopped(target.wait(milliseconds), this.#signal))
  }

  /**
   * Sends with patience: where the target is limited or busy it is asked again, after Retry-After.
   * Where this machine attacks itself, what nobody sends leaves from another of its addresses before it waits.
   * @param more - `at` as of `send`; statuses that are waited for, by default 429 and 503.
   */
  ask(
    draft: Draft,
    who: Sender,
    ask: Ask,
    { at, waitsFor = [429, 503] }: { readonly at?: URL | undefined; readonly waitsFor?: readonly number[] } = {},
  ): Promise<Answer> {
    const { hostname } = at ?? this.target.base
    const hasDoors = who.name === NOBODY.name && LOOPBACK_HOST.test(hostname) && !this.target.timeIsOurs
    return this.#patience.ask(
      limitOf(draft.method, draft.path, who.name),
      hasDoors ? LOOPBACK_DOORS : [undefined],
      ask,
      waitsFor,
    )
  }

  /**
   * Sends once and records it. Redirects are not followed.
   * @param at - An absolute URL at a declared origin, in place of the base.
   * @throws {NotTested} Outside the scope, for a write in read-only mode. @throws {Inconclusive} When the run's requests are used up or it was stopped.
   */
  async send(
    draft: Draft,
    sender: Sender,
    purpose: string,
    at?: URL,
    timeoutMilliseconds?: number,
    from?: Door,
  ): Promise<Answer> {
    const origin = this.#originOf(at)
    const target = draft.rawTarget ?? this.#targetOf(draft, sender, at)
    if (at === undefined && draft.signsIn !== true) this.#checkScope(target)
    if (!this.limits.allowWrites && !SAFE.includes(draft.method) && draft.signsIn !== true)
      throw new NotTested('the target is not loopback, so nothing is written; add --allow-writes where that is agreed')
    this.claim()
    await this.#rate.turn()
    if (this.#signal.aborted) throw new Inconclusive(STOPPED)
    const body = encodeBody(draft)
    const headers = [
      ['X-Turnpike-Run', this.runId] as const,
      ...(body === null || hasHeader(draft, 'content-type') ? [] : [['Content-Type', body.contentType] as const]),
      ...sender.headers.filter(([name]) => !hasHeader(draft, name.toLowerCase())),
      ...draft.headers,
    ]
    const started = Date.now()
    const wire = await this.#client.send(
      origin,
      { method: draft.method, target, headers, body: body === null ? null : body.bytes, from },
      timeoutMilliseconds ?? this.limits.timeoutMilliseconds,
      this.#signal,
    )
    // What was cut off by the stop says nothing of the target.
    if (this.#signal.aborted && wire.failure !== null) throw new Inconclusive(STOPPED)
    const answer = this.record(
      { method: draft.method, url: `${origin.origin}${target}`, headers, body: body === null ? null : body.shown },
      wire,
      sender.name,
      purpose,
      started,
    )
    this.#events.answer?.(draft, sender.name, answer)
    return answer
  }

  /** Waits until so many requests may start at the same moment, as races need; the rate as a whole is kept. */
  together(count: number): Promise<void> {
    return this.#rate.together(count)
  }

  /** Takes one request of the run's cap. For those who send by other means (raw sockets). */
  claim(): void {
    if (this.#signal.aborted) throw new Inconclusive(STOPPED)
    if (this.sent >= this.limits.maxRequests)
      throw new Inconclusive(`the cap of ${this.limits.maxRequests} requests is reached; raise it with --max-requests`)
    this.sent++
  }

  /** Keeps an exchange, whoever sent it, with placeholders for secrets. */
  record(request: Exchange['request'], wire: WireAnswer, as: string, purpose: string, startedAt: number): Answer {
    const hide = (text: string) => this.#placeholders.hide(text)
    const shown = wire.text.slice(0, LOOKED_AT_CHARACTERS)
    this.#placeholders.learn(shown, wire.headers['set-cookie'])
    const number = ++this.#last
    this.#events.exchange({
      number,
      purpose,
      as,
      at: new Date(startedAt).toISOString(),
      request: {
        method: request.method,
        url: hide(request.url),
        headers: request.headers.map(([name, value]) => [name, hide(value)] as const),
        body: request.body === null ? null : hide(request.body).slice(0, KEPT_CHARACTERS),
      },
      response: {
        status: wire.status,
        failure: wire.failure,
        headers: Object.fromEntries(
          Object.entries(wire.headers).map(([name, value]) => [name, hideHeader(name, hideFresh(hide(value)))]),
        ),
        body: hideFresh(hide(shown)).slice(0, KEPT_CHARACTERS),
      },
      milliseconds: Math.round(wire.milliseconds * 10) / 10,
    })
    return { ...wire, json: parsed(wire.text), exchange: number }
  }

  #originOf(at: URL | undefined): URL {
    const { base, origins } = this.target
    if (at === undefined || at.origin === base.origin) return base
    if (!origins.includes(at.origin))
      throw new NotTested(`${at.origin} is not the target; declare it under "origins" in turnpike.yaml`)
    return new URL(at.origin)
  }

  #targetOf(draft: Draft, sender: Sender, at: URL | undefined): string {
    const prefix = at === undefined ? this.target.base.pathname.replace(/\/$/, '') : ''
    const query = [...sender.query, ...draft.query]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&')
    return `${prefix}${draft.path}${query === '' ? '' : `?${query}`}`
  }

  #checkScope(target: string): void {
    const { scope } = this.limits
    if (scope.length === 0) return
    const [path = ''] = target.split('?')
    const isWithin = (reached: string) =>
      scope.some((each) => reached === each || reached.startsWith(each.endsWith('/') ? each : `${each}/`))
    // Servers may resolve what is written with dots.
    if (!isWithin(path) || !isWithin(new URL(`http://host${path.startsWith('/') ? path : `/${path}`}`).pathname))
      throw new NotTested(`${path} is outside --scope ${scope.join(', ')}`)
  }
}

/** What is kept of a body: enough to see, not enough to fill a disk. */
const KEPT_CHARACTERS = 16_384
/** Somewhat more: a secret that the cut would halve is recognized whole. */
const LOOKED_AT_CHARACTERS = KEPT_CHARACTERS + 8192

const LOOPBACK_HOST = /^(?:localhost|127\.\d+\.\d+\.\d+)$/

async function untilStopped(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {}
  const stopped = new Promise<void>((done) => {
    stop = done
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await Promise.race([wait, stopped])
  signal.removeEventListener('abort', stop)
  if (signal.aborted) throw new Inconclusive(STOPPED)
}

const hasHeader = (draft: Draft, name: string): boolean => draft.headers.some(([each]) => each.toLowerCase() === name)

function parsed(text: string): unknown {
  const first = text.trimStart()[0]
  if (first === undefined || !'{["-0123456789tfn'.includes(first) || isTooDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whoever walks through it would run out of stack; no API means it. */
const MOST_LEVELS = 400

function isTooDeep(text: string): boolean {
  let [depth, isInText] = [0, false]
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (isInText && character === '\\') index++
    else if (character === '"') isInText = !isInText
    else if (!isInText && (character === '{' || character === '[') && ++depth > MOST_LEVELS) return true
    else if (!isInText && (character === '}' || character === ']')) depth--
  }
  return false
}
