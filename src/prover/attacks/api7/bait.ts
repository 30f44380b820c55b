import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { madeThing } from '../made-thing.ts'
import { usersOf } from '../pairs.ts'
import { followersOf } from './followers.ts'
import type { UrlCase, UrlInput } from './url-inputs.ts'

/** A request with an address in it, its answer, and those of what was asked for afterwards so that the address is called. */
export interface Shot {
  readonly value: string
  readonly answer: Answer
  readonly later: readonly Answer[]
}

/** Requests of one shot at most. */
export const SHOT_REQUESTS = 3

/** Whose limit on the operation lasts until when. */
type Limits = Map<string, number>

/** Times that one request waits for a limit to be over. */
const MOST_WAITS = 4
/** Spare people who lend their share of a limit; their sessions and accounts stay as they are. */
const MOST_SPARE = 8

interface Sender {
  readonly who: Identity
  readonly draft: BuiltDraft
  readonly thing: Thing | null
}

/** One input of one operation, ready to be given addresses. */
export class Bait {
  readonly operation: Operation
  readonly owner: string
  readonly input: UrlInput
  readonly followers: readonly Operation[]
  readonly #probe: Probe
  readonly #names: readonly string[]
  readonly #senders = new Map<string, Promise<Sender>>()

  constructor(probe: Probe, { operation, owner }: UrlCase, input: UrlInput) {
    this.#probe = probe
    this.operation = operation
    this.owner = owner
    this.input = input
    this.followers = followersOf(probe.plan, operation).slice(0, SHOT_REQUESTS - 1)
    const others = operation.access === 'admin' ? [] : usersOf(probe.plan).map(({ name }) => name)
    const spare =
      operation.access === 'admin' ? [] : probe.plan.identities.filter(({ spare, kind }) => spare && kind === 'user')
    this.#names = [...new Set([owner, ...others, ...spare.slice(0, MOST_SPARE).map(({ name }) => name)])]
  }

  /** Gives the address. Whatever is answered is an answer: who calls what cannot be called may break. */
  async shoot(value: string, timeoutMilliseconds?: number): Promise<Shot> {
    const { answer, sender } = await this.#send((body) => this.#filled(body, value), timeoutMilliseconds)
    if (!succeeded(answer) || this.followers.length === 0) return { value, answer, later: [] }
    const made = sender.thing ?? (await madeThing(this.#probe, this.operation, sender.who, answer))
    const later: Answer[] = []
    for (const follower of this.followers) {
      const draft = await this.#probe.draft(follower, sender.who, made === null ? {} : { things: [made] })
      later.push(await this.#probe.send(draft, sender.who, options(timeoutMilliseconds)))
    }
    return { value, answer, later }
  }

  /** The request as it is, with the address that a user would give. */
  async ordinary(): Promise<Answer> {
    return (await this.#send((draft) => draft)).answer
  }

  async #send(
    alter: (draft: BuiltDraft) => BuiltDraft,
    timeoutMilliseconds?: number,
  ): Promise<{ readonly answer: Answer; readonly sender: Sender }> {
    const limits = await this.#probe.shared<Limits>(`limited ${this.operation.id}`, async () => new Map())
    for (let waits = 0; ; ) {
      const name = this.#leastLimited(limits)
      const left = (limits.get(name) ?? 0) - this.#probe.now()
      if (left > 0) {
        if (waits++ === MOST_WAITS)
          throw new NotTested(`${this.operation.id} is limited all along (429); raise the limit for the run`)
        await this.#probe.wait(left + 50)
        limits.delete(name)
      }
      const sender = await this.#sender(name)
      const answer = await this.#probe.send(alter(sender.draft), sender.who, {
        ...options(timeoutMilliseconds),
        meetsLimits: true,
      })
      const seconds = Number(answer.headers['retry-after'] ?? '5')
      if (answer.status !== 429 || !(seconds >= 0)) return { answer, sender }
      limits.set(name, this.#probe.now() + seconds * 1000)
    }
  }

  /** A limit by caller is spread over those who may call; then the one whose limit ends first is waited for. */
  #leastLimited(limits: Limits): string {
    const until = (name: string) => Math.max(this.#probe.now(), limits.get(name) ?? 0)
    return this.#names.reduce((best, name) => (until(name) < until(best) ? name : best))
  }

  #sender(name: string): Promise<Sender> {
    const known = this.#senders.get(name)
    if (known) return known
    const made = this.#prepared(this.#probe.identity(name))
    this.#senders.set(name, made)
    return made
  }

  /** An update changes what was made for it alone. */
  async #prepared(who: Identity): Promise<Sender> {
    const { operation } = this
    const resource = operation.purpose === 'update' && operation.resource ? operation.resource : null
    const own = resource !== null && !this.#probe.resource(resource).isUser ? resource : null
    const thing = own === null ? null : await this.#probe.fresh(own, who)
    const draft = await this.#probe.draft(operation, who, thing ? { things: [thing] } : {})
    return { who, draft, thing }
  }

  #filled(draft: BuiltDraft, value: string): BuiltDraft {
    const { in: where, at: name } = this.input
    if (where === 'query')
      return { ...draft, query: [...draft.query.filter(([each]) => each !== name), [name, value] as const] }
    if (where === 'header')
      return { ...draft, headers: [...draft.headers.filter(([each]) => each !== name), [name, value] as const] }
    const [list, inside] = name.split('/*')
    const isThere = list === undefined || inside === undefined || Array.isArray(at(draft.body, list))
    return { ...draft, body: isThere ? withAt(draft.body, name, value) : withAt(draft.body, list, [value]) }
  }
}

const options = (timeoutMilliseconds: number | undefined) =>
  timeoutMilliseconds === undefined ? { anyStatus: true } : { anyStatus: true, timeoutMilliseconds }

/** Everything that a shot was answered. */
export const textsOf = ({ answer, later }: Shot): string => [answer, ...later].map(({ text }) => text).join('\n')

/** Its answers, the last one last. */
export const answersOf = ({ answer, later }: Shot): readonly Answer[] => [answer, ...later]
