import { type Engine, NOBODY, type Sender } from './engine/engine.ts'
import type { Answer, Draft } from './engine/exchange.ts'
import type { Door } from './engine/patience.ts'
import { carried, type Identity } from './identities.ts'
import type { BuiltDraft } from './plan/build-draft.ts'
import type { Operation, Plan, Resource } from './plan/plan.ts'
import type { Run } from './run-state.ts'
import { isErrorBody, succeeded } from './success.ts'
import { differs, leafTexts } from './telling.ts'
import { Inconclusive, NotTested, STOPPED } from './verdict.ts'
import type { Thing, World } from './world.ts'

export interface SendOptions {
  /** Default false: 503 and other 5xx are waited for or end the case as inconclusive, since they deny nothing (rule m). */
  readonly anyStatus?: boolean
  /** The limit is what the attack is about: with `anyStatus`, 429 is an answer too. Default false: it is waited for. */
  readonly meetsLimits?: boolean
  /** In place of the run's. */
  readonly timeoutMilliseconds?: number
}

/** What an owner's own request showed: the measure of every denial and leak (rules a, d, e). */
export interface Control {
  readonly draft: BuiltDraft
  readonly answer: Answer
  readonly thing: Thing | null
  /** Texts that only this object has: its canary, or what was the same in two reads and is in no other answer. */
  readonly marks: readonly string[]
}

/** The hand of one attack on one case: sends within its bound, keeps what it sent, and knows the controls. */
export class Probe {
  readonly plan: Plan
  readonly world: World
  readonly run: Run
  /** Seeded. */
  readonly random: () => number
  readonly #engine: Engine
  readonly #purpose: string
  readonly #maxRequests: number
  readonly #signal: AbortSignal
  #sent = 0
  /** Numbers of all exchanges of this case. */
  readonly exchanges: number[] = []
  /** Whether a limit is what it is about. */
  meetsLimits = false

  constructor(run: Run, purpose: string, maxRequests: number) {
    this.run = run
    this.plan = run.plan
    this.world = run.world
    this.random = run.random
    this.#engine = run.engine
    this.#purpose = purpose
    this.#maxRequests = maxRequests
    this.#signal = run.signal
  }

  get requests(): number {
    return this.#sent
  }

  /** The target's clock, milliseconds since 1970. */
  now(): number {
    return this.#engine.target.now()
  }

  /** Lets time pass: really, or by moving the injected clock. @throws {NotTested} Where it would take too long. */
  async wait(milliseconds: number): Promise<void> {
    const { target, limits } = this.#engine
    if (!target.timeIsOurs && milliseconds > limits.maxWaitSeconds * 1000)
      throw new NotTested(
        `it takes ${Math.round(milliseconds / 1000)} s of waiting; allow that with --max-wait, or attack the api module, whose clock can be moved`,
      )
    await this.#engine.wait(milliseconds)
  }

  /** Whether waiting costs nothing. */
  get timeIsOurs(): boolean {
    return this.#engine.target.timeIsOurs
  }

  get base(): URL {
    return this.#engine.target.base
  }

  identity(name: string | undefined): Identity {
    return this.run.identity(name)
  }

  operation(id: string | null): Operation | null {
    return this.world.operation(id)
  }

  resource(name: string): Resource {
    return this.world.resource(name)
  }

  /** A text that is nowhere else. */
  nonce(): string {
    return this.world.newCanary()
  }

  /**
   * Sends as somebody. Redirects are not followed.
   * @throws {Inconclusive} When the case's bound is reached, or (unless `anyStatus`) the target was limited, busy, broken or silent.
   */
  async send(draft: Draft, as: Identity | Sender, options: SendOptions = {}): Promise<Answer> {
    const live = 'session' in as
    const sender = live ? await as.session() : as
    const once = async (door: Door, again: boolean) =>
      this.#once(draft, again && live ? await as.session() : sender, options, again, door)
    if (options.meetsLimits === true) {
      this.meetsLimits = true
      return once(undefined, false)
    }
    if (options.anyStatus === true) return this.#engine.ask(draft, sender, once, { waitsFor: [429] })
    const answer = await this.#engine.ask(draft, sender, once)
    if (answer.status === 429 || answer.status === 503)
      throw new Inconclusive(
        `${draft.method} ${draft.path} was answered ${answer.status} (Retry-After ${answer.headers['retry-after'] ?? 'missing'}), which denies nothing`,
        answer,
      )
    if (answer.status === 0)
      throw new Inconclusive(`${draft.method} ${draft.path} had no answer: ${answer.failure}`, answer)
    if (answer.status >= 500)
      throw new Inconclusive(
        `${draft.method} ${draft.path} was answered ${answer.status}, which denies nothing`,
        answer,
      )
    return answer
  }

  async #once(draft: Draft, sender: Sender, options: SendOptions, again = false, door?: Door): Promise<Answer> {
    if (this.#signal.aborted) throw new Inconclusive(STOPPED)
    // Asking again after Retry-After is the same request.
    if (!again && this.#sent >= this.#maxRequests)
      throw new Inconclusive(`the bound of ${this.#maxRequests} requests of this attack is reached`)
    if (!again) this.#sent++
    const answer = await this.#engine.send(draft, sender, this.#purpose, undefined, options.timeoutMilliseconds, door)
    this.exchanges.push(answer.exchange)
    return answer
  }

  /** Sends all of them at the same moment, whatever the rate: what is checked first and written later shows only so. */
  async atOnce(drafts: readonly Draft[], as: Identity | Sender): Promise<readonly Answer[]> {
    const sender = 'session' in as ? await as.session() : as
    await this.#engine.together(drafts.length)
    return Promise.all(drafts.map((draft) => this.send(draft, sender, { anyStatus: true, meetsLimits: true })))
  }

  /** Counts and records a request that was sent by other means, such as a raw socket. The answer counts as any other. */
  async byHand(
    request: { readonly method: string; readonly url: string; readonly body?: string },
    as: string,
    exchange: () => Promise<Omit<Answer, 'exchange' | 'json'>>,
  ): Promise<Answer> {
    if (this.#sent >= this.#maxRequests)
      throw new Inconclusive(`the bound of ${this.#maxRequests} requests of this attack is reached`)
    this.#engine.claim()
    this.#sent++
    const started = Date.now()
    const wire = await exchange()
    const answer = this.#engine.record(
      { method: request.method, url: request.url, headers: [], body: request.body ?? null },
      wire,
      as,
      this.#purpose,
      started,
    )
    this.exchanges.push(answer.exchange)
    return answer
  }

  /** Somebody without a credential. */
  readonly nobody: Sender = NOBODY

  /** Whoever shows exactly this token, the way the identity shows its own. */
  forged(like: Identity, token: string, name = 'forged'): Sender {
    return { name, ...carried(like.plan, token) }
  }

  /** A whole valid request of the operation as this identity would send it. */
  draft(
    operation: Operation,
    as: Identity,
    more: { readonly things?: readonly Thing[]; readonly canary?: string; readonly minimal?: boolean } = {},
  ): Promise<BuiltDraft> {
    return this.world.draft(operation, as, more)
  }

  /** An object of the identity; nobody may destroy it. */
  object(resource: string, owner: Identity): Promise<Thing> {
    return this.world.object(resource, owner)
  }

  /** A throw-away object. @throws {NotTested} Where none can be made. */
  fresh(resource: string, owner: Identity): Promise<Thing> {
    return this.world.fresh(resource, owner)
  }

  /** Somebody of its own for an attack that uses sessions, limits or the account up (rule n). @throws {NotTested} Where there is none. */
  throwaway(): Promise<Identity> {
    return this.run.throwaway()
  }

  /** One thing for the whole run, made at its first use and closed at its end: listeners, published keys. */
  shared<T>(key: string, make: () => Promise<T>, close?: (made: T) => Promise<void>): Promise<T> {
    return this.run.shared(key, make, close)
  }

  /**
   * The owner's own request to read an object, and what only that object shows. Kept for the run.
   * @throws {Inconclusive} When the owner gets no object either: a denial of others would prove nothing (rule a).
   */
  ownerReads(operation: Operation, owner: Identity, thing: Thing | null): Promise<Control> {
    const key = `control ${operation.id} ${owner.name} ${thing?.id ?? ''}`
    return this.shared(key, () => this.#control(operation, owner, thing))
  }

  async #control(operation: Operation, owner: Identity, thing: Thing | null): Promise<Control> {
    return this.measure(await this.draft(operation, owner, thing ? { things: [thing] } : {}), owner, thing)
  }

  /** The same with a request of one's own making, not kept. @throws {Inconclusive} As `ownerReads`. */
  async measure(draft: BuiltDraft, owner: Identity, thing: Thing | null): Promise<Control> {
    const answer = await this.send(draft, owner)
    if (!succeeded(answer) || answer.text === '')
      throw new Inconclusive(`the owner ${owner.name} is answered ${answer.status} too`, answer)
    if (thing?.canary && answer.text.includes(thing.canary)) return { draft, answer, thing, marks: [thing.canary] }
    const again = await this.send(draft, owner)
    const known = [draft.path, ...draft.query.flat(), thing?.id ?? '', ...Object.values(draft.params)]
    const stable = leafTexts(again)
    const marks = [...leafTexts(answer)]
      .filter((text) => text.length >= 6 && stable.has(text) && !known.some((each) => each.includes(text)))
      .slice(0, MOST_MARKS)
    return { draft, answer, thing, marks }
  }

  /** What the owner is shown for an id that names nothing: a soft 404 looks like success (rule c). Kept for the run. */
  missing(operation: Operation, owner: Identity, thing: Thing): Promise<Answer> {
    return this.shared(`missing ${operation.id} ${owner.name} ${thing.id}`, async () => {
      const stranger = { ...thing, id: this.world.missingId(thing.id) }
      const draft = await this.draft(operation, owner, {
        things: [{ ...stranger, chain: [...thing.chain.slice(0, -1), stranger] }],
      })
      return this.send(draft, owner)
    })
  }

  /** Whether an answer to somebody else shows the object of the control, beyond what he may see of his own anyway. */
  shows(answer: Answer, control: Control, ...others: readonly Answer[]): boolean {
    if (answer.status < 200 || answer.status >= 300 || isErrorBody(answer.json)) return false
    const { marks } = control
    const elsewhere = others.map(({ text }) => text)
    const telling = marks.filter((mark) => !elsewhere.some((text) => text.includes(mark)))
    if (telling.length > 0) return telling.some((mark) => answer.text.includes(mark))
    return others.every((other) => differs(answer, other)) && !differs(answer, control.answer)
  }

  /**
   * Whether the operation answers without a credential and with a garbage one (rule b). Kept for the run. Reading operations only.
   * @throws {Inconclusive} As `ownerReads`.
   */
  baseline(operation: Operation, owner: Identity, thing: Thing | null): Promise<Baseline> {
    return this.shared(`baseline ${operation.id} ${owner.name} ${thing?.id ?? ''}`, async () => {
      const control = await this.ownerReads(operation, owner, thing)
      const nobody = await this.send(control.draft, NOBODY)
      const garbage = await this.send(control.draft, this.forged(owner, 'tp-not-a-credential', 'garbage'))
      const open = (answer: Answer) =>
        succeeded(answer) && (this.shows(answer, control) || !differs(answer, control.answer))
      return { control, nobody, garbage, isOpen: open(nobody) && open(garbage) }
    })
  }
}

/** Each is looked for in many answers: a target that answers with a dictionary must not stall the run. */
const MOST_MARKS = 300

export interface Baseline {
  readonly control: Control
  readonly nobody: Answer
  readonly garbage: Answer
  /** Both get what the owner gets: the operation is public, and attacks on tokens say nothing. */
  readonly isOpen: boolean
}
