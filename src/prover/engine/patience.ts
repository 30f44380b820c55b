import type { Answer } from './exchange.ts'
import type { Slots } from './slots.ts'
import type { ProveTarget } from './target.ts'

/** The address of this machine that a request leaves from; undefined: whichever the system takes. */
export type Door = string | undefined

/** Sends. @param again - It was asked before and told to wait: the same request. */
export type Ask = (door: Door, again: boolean) => Promise<Answer>

/** How often one request is asked again. */
const MOST_WAITS = 3

/** What is known of one limit: until when it was met where, and who waits for it. */
interface Line {
  readonly until: Map<Door, number>
  tail: Promise<void>
  waiting: number
}

interface Turn {
  readonly answer: Answer
  /** Seconds to wait where something else than the line is limited; null where the answer counts. */
  readonly ownSeconds: number | null
  readonly door: Door
}

/**
 * Asks again as a limited or busy target says, after Retry-After. Those who wait for the same limit ask one after the
 * other, so that it lets through as many as it can and none of them uses the others' waits up.
 */
export class Patience {
  readonly #target: ProveTarget
  readonly #maxWaitSeconds: number
  readonly #slots: Slots
  readonly #wait: (milliseconds: number) => Promise<void>
  readonly #lines = new Map<string, Line>()

  constructor(given: {
    readonly target: ProveTarget
    readonly maxWaitSeconds: number
    readonly slots: Slots
    readonly wait: (milliseconds: number) => Promise<void>
  }) {
    this.#target = given.target
    this.#maxWaitSeconds = given.maxWaitSeconds
    this.#slots = given.slots
    this.#wait = given.wait
  }

  /**
   * @param limit - Names what is limited: requests with the same name share it.
   * @param doors - Addresses to send from, the usual one first; the others are tried before waiting.
   * @param waitsFor - Statuses that say to ask later: 429, 503.
   * @returns The last answer: still 429 or 503 where waiting was in vain or would take too long.
   */
  async ask(limit: string, doors: readonly Door[], ask: Ask, waitsFor: readonly number[]): Promise<Answer> {
    const line = this.#line(limit)
    let first: Answer | null = null
    const door = line.waiting === 0 ? this.#open(line, doors) : null
    if (door !== null) {
      first = await ask(door.open, false)
      const seconds = secondsOf(first, waitsFor)
      if (seconds === null) return this.#taken(line, door.open, first)
      line.until.set(door.open, this.#target.now() + seconds * 1000)
    }
    const turn = await this.#queued(line, () => this.#inTurn(line, doors, ask, waitsFor, first))
    return turn.ownSeconds === null ? turn.answer : this.#alone(turn, turn.ownSeconds, ask, waitsFor)
  }

  async #queued<T>(line: Line, work: () => Promise<T>): Promise<T> {
    const before = line.tail
    let leave = () => {}
    line.tail = new Promise((done) => {
      leave = done
    })
    line.waiting++
    try {
      await this.#slots.away(before)
      return await work()
    } finally {
      line.waiting--
      leave()
    }
  }

  async #inTurn(
    line: Line,
    doors: readonly Door[],
    ask: Ask,
    waitsFor: readonly number[],
    first: Answer | null,
  ): Promise<Turn> {
    let last = first
    let usable = doors
    for (let waits = 0; ; ) {
      const door = this.#open(line, usable)
      if (door === null) {
        const until = Math.min(...usable.map((each) => line.until.get(each) ?? 0))
        const left = until - this.#target.now()
        if (waits === MOST_WAITS || this.#isTooLong(left))
          return { answer: last ?? (await ask(doors[0], false)), ownSeconds: null, door: doors[0] }
        waits++
        await this.#wait(left + 50)
        // A clock that stands still says that it is not over.
        for (const [each, end] of line.until) if (end <= until) line.until.set(each, 0)
        continue
      }
      const isFresh = door.open !== undefined && !line.until.has(door.open)
      const answer = await ask(door.open, last !== null)
      if (isFresh && answer.status === 0) {
        // The machine has no such address.
        usable = doors.slice(0, 1)
        continue
      }
      const seconds = secondsOf(answer, waitsFor)
      if (seconds === null) return { answer: this.#taken(line, door.open, answer), ownSeconds: null, door: door.open }
      // An address that is limited at its first request: something else is counted, an account say, and holds up nobody else.
      if (isFresh) return { answer: this.#taken(line, door.open, answer), ownSeconds: seconds, door: door.open }
      last = answer
      line.until.set(door.open, this.#target.now() + seconds * 1000)
    }
  }

  async #alone({ answer, door }: Turn, seconds: number, ask: Ask, waitsFor: readonly number[]): Promise<Answer> {
    let last = answer
    let left: number | null = seconds
    for (let waits = 0; left !== null && waits < MOST_WAITS && !this.#isTooLong(left * 1000); waits++) {
      await this.#wait(left * 1000 + 50)
      last = await ask(door, true)
      left = secondsOf(last, waitsFor)
    }
    return last
  }

  #isTooLong(milliseconds: number): boolean {
    return milliseconds > this.#maxWaitSeconds * 1000 && !this.#target.timeIsOurs
  }

  #line(limit: string): Line {
    const known = this.#lines.get(limit)
    if (known) return known
    const made: Line = { until: new Map(), tail: Promise.resolve(), waiting: 0 }
    this.#lines.set(limit, made)
    return made
  }

  /** An address that is not limited now; null where each is. */
  #open(line: Line, doors: readonly Door[]): { readonly open: Door } | null {
    const now = this.#target.now()
    for (const door of doors) if ((line.until.get(door) ?? 0) <= now) return { open: door }
    return null
  }

  #taken(line: Line, door: Door, answer: Answer): Answer {
    if (!line.until.has(door)) line.until.set(door, 0)
    return answer
  }
}

/** How long the answer says to wait; null where it says nothing of the kind. */
function secondsOf({ status, headers }: Answer, waitsFor: readonly number[]): number | null {
  if (!waitsFor.includes(status)) return null
  const seconds = Number(headers['retry-after'] ?? (status === 429 ? '5' : '1'))
  return seconds >= 0 ? seconds : null
}

/** The same limit for ids that differ: `GET /invoices/* alice`. */
export const limitOf = (method: string, path: string, who: string): string =>
  `${method} ${path
    .split('/')
    .map((part) => (/\d/.test(part) && !/^v\d/.test(part) ? '*' : part))
    .join('/')} ${who}`

/** Further addresses of a machine that attacks itself, where limits by address are met. */
export const LOOPBACK_DOORS: readonly Door[] = [
  undefined,
  ...Array.from({ length: 40 }, (_, index) => `127.0.0.${index + 2}`),
]
