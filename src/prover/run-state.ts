import { randomInt } from 'node:crypto'
import { type Engine, NOBODY } from './engine/engine.ts'
import type { Answer } from './engine/exchange.ts'
import { hideFresh, type Placeholders } from './engine/secrets.ts'
import { Identity } from './identities.ts'
import { buildDraft } from './plan/build-draft.ts'
import type { CredentialSource, IdentityPlan, Plan } from './plan/plan.ts'
import { leavesOf, withAt } from './pointer.ts'
import { Served } from './served.ts'
import type { Signer } from './signer.ts'
import { succeeded } from './success.ts'
import { NotTested } from './verdict.ts'
import { World } from './world.ts'

/** What the cases of one run share. */
export class Run {
  readonly plan: Plan
  readonly engine: Engine
  readonly world: World
  readonly random: () => number
  readonly signal: AbortSignal
  /** Address at which the target can reach our listeners; null where none was named and the target is not loopback. */
  readonly callback: string | null
  /** Destructive attacks are left out. */
  readonly safe: boolean
  /** The API's own signature, where it was lent. */
  readonly signer: Signer | null
  readonly served: Served
  readonly #placeholders: Placeholders
  readonly #identities: ReadonlyMap<string, Identity>
  readonly #spare: Identity[]
  readonly #shared = new Map<string, Promise<unknown>>()
  readonly #closers: (() => Promise<void>)[] = []
  #registered = 0

  constructor(given: {
    readonly plan: Plan
    readonly engine: Engine
    readonly placeholders: Placeholders
    readonly random: () => number
    readonly signal: AbortSignal
    readonly callback: string | null
    readonly safe: boolean
    readonly signer?: Signer | null
  }) {
    this.plan = given.plan
    this.served = new Served(given.plan)
    this.engine = given.engine
    this.random = given.random
    this.signal = given.signal
    this.callback = given.callback
    this.safe = given.safe
    this.signer = given.signer ?? null
    this.#placeholders = given.placeholders
    const other = (name: string) => this.identity(name)
    const identities = given.plan.identities.map((plan) => new Identity(plan, given.engine, given.placeholders, other))
    this.#identities = new Map(identities.map((identity) => [identity.name, identity]))
    this.#spare = identities.filter(({ plan }) => plan.spare)
    this.world = new World(
      given.plan,
      (draft, as, purpose) => this.patiently(draft, as, purpose),
      unseen,
      () => this.identities,
    )
  }

  get identities(): readonly Identity[] {
    return [...this.#identities.values()].filter(({ plan }) => !plan.spare)
  }

  /** Those to spare too. */
  get everybody(): readonly Identity[] {
    return [...this.#identities.values()]
  }

  /** A text without the secrets that are known. */
  hide(text: string): string {
    return hideFresh(this.#placeholders.hide(text))
  }

  identity(name: string | undefined): Identity {
    const found = name === undefined ? undefined : this.#identities.get(name)
    if (!found) throw new NotTested(`there is no identity ${name ?? ''}; add it to identities`)
    return found
  }

  /** Patient as a probe, but outside every attack's bound. */
  async patiently(draft: Parameters<Engine['send']>[0], as: Identity, purpose: string) {
    return this.engine.ask(draft, await as.session(), async () => this.engine.send(draft, await as.session(), purpose))
  }

  /** Somebody whose sessions, limits and account nobody else needs: a spare identity, or a newly registered one. */
  async throwaway(): Promise<Identity> {
    const spare = this.#spare.shift()
    if (spare) return spare
    const { identity, answer } = await this.register()
    if (identity === null)
      throw new NotTested(
        `a throw-away account cannot be made: ${this.plan.auth.register ?? 'registering'} answered ${answer.status}`,
      )
    return identity
  }

  /**
   * Registers an account of this run's own.
   * @param alter - Changes the body before it is sent.
   * @returns The answer, and who signs in with the account; null where it was refused.
   * @throws {NotTested} Where nobody can be registered.
   */
  async register(
    alter: (body: unknown) => unknown = (body) => body,
  ): Promise<{ readonly answer: Answer; readonly identity: Identity | null }> {
    const register = this.world.operation(this.plan.auth.register)
    const model = this.plan.identities.find(({ source, account }) => source.kind === 'login' && account !== null)
    if (register === null || model?.account == null || model.source.kind !== 'login')
      throw new NotTested('it uses an account up and there is none to spare; add an identity with "spare: true"')
    const built = buildDraft(register, {
      identity: 'nobody',
      ids: {},
      subject: null,
      tenant: model.tenant,
      random: unseen,
    })
    const account = accountIn(built.body)
    if (account === null) throw new NotTested(`${register.id}: the request says no e-mail or name and password`)
    const draft = { ...built, body: alter(built.body) }
    const answer = await this.engine.ask(draft, NOBODY, (door) =>
      this.engine.send(draft, NOBODY, 'set-up: a throw-away account', undefined, undefined, door),
    )
    if (!succeeded(answer)) return { answer, identity: null }
    const plan: IdentityPlan = {
      ...model,
      name: `throwaway${++this.#registered}`,
      kind: 'user',
      tenant: null,
      roles: [],
      spare: true,
      subject: null,
      account,
      source: withAccount(model.source, model.account, account),
    }
    return { answer, identity: new Identity(plan, this.engine, this.#placeholders, (name) => this.identity(name)) }
  }

  shared<T>(key: string, make: () => Promise<T>, close?: (made: T) => Promise<void>): Promise<T> {
    const known = this.#shared.get(key)
    if (known) return known as Promise<T>
    const made = make()
    this.#shared.set(key, made)
    // What failed for one attack may work for the next.
    made.catch(() => this.#shared.delete(key))
    if (close) this.#closers.push(() => made.then(close, () => {}))
    return made
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close()
  }
}

type Account = NonNullable<IdentityPlan['account']>

function accountIn(body: unknown): Account | null {
  const leaves = [...leavesOf(body)].filter((leaf) => typeof leaf.value === 'string')
  const value = (pattern: RegExp) =>
    leaves.find(({ at }) => pattern.test(at.split('/').at(-1) ?? ''))?.value as string | undefined
  const username = value(/e-?mail|login|user_?name|^user$/i)
  const password = value(/password|passphrase|^secret$/i)
  return username === undefined || password === undefined ? null : { username, password }
}

/** The same recipe for another account: its values stand where the model's stood. */
function withAccount(source: CredentialSource & { kind: 'login' }, model: Account, account: Account): CredentialSource {
  const { login } = source
  const renamed = (text: string) =>
    text === model.username ? account.username : text === model.password ? account.password : text
  let body = login.body
  for (const { at, value } of [...leavesOf(login.body)])
    if (typeof value === 'string') body = withAt(body, at, renamed(value))
  return { kind: 'login', login: { ...login, body } }
}

/** For what must be new in every run: names, addresses, canaries. A seed would make what an earlier run made already. */
const unseen = (): number => randomInt(2 ** 32) / 2 ** 32
