import type { Answer, Draft } from './engine/exchange.ts'
import { limitOf } from './engine/patience.ts'
import type { Identity } from './identities.ts'
import type { Operation, Plan } from './plan/plan.ts'
import { succeeded } from './success.ts'
import { differs } from './telling.ts'
import { Inconclusive, NotTested } from './verdict.ts'
import type { World } from './world.ts'

/** Readings that are remembered of each identity: an object may be gone that was read once. */
const MOST_READS = 3
/** Reading operations that are tried for an identity that was served nothing yet. */
const MOST_CANDIDATES = 5

/** The part of a run that is asked. */
interface Run {
  readonly everybody: readonly Identity[]
  readonly world: World
  readonly engine: { readonly limits: { readonly scope: readonly string[] } }
  shared<T>(key: string, make: () => Promise<T>): Promise<T>
  patiently(draft: Draft, as: Identity, purpose: string): Promise<Answer>
}

/** Who was served and who was denied, over a whole run: what a denial is worth depends on it. */
export class Served {
  readonly #last = new Map<string, number>()
  readonly #reads = new Map<string, readonly Read[]>()
  /** How often each was asked whether it is served still: its readings are asked for in turn. */
  readonly #turns = new Map<string, number>()
  readonly #denied = new Set<number>()
  /** Exchanges in which the target was limited, broken or silent. */
  readonly #broken = new Set<number>()
  readonly #limited = new Set<number>()
  /** Identities that nothing serves; a success takes them out again. */
  readonly #lost = new Map<string, string>()
  readonly #operations: readonly Operation[]

  constructor({ operations }: Plan) {
    this.#operations = operations.filter(({ leftOut }) => !leftOut)
  }

  /** Keeps what an answer says of its sender. */
  note(draft: Draft, name: string, answer: Answer): void {
    if (succeeded(answer)) {
      this.#last.set(name, answer.exchange)
      this.#lost.delete(name)
      if (this.#isRead(draft)) this.#remember(name, { draft, answer })
    } else if (isBroken(answer)) {
      this.#broken.add(answer.exchange)
      if (answer.status === 429) this.#limited.add(answer.exchange)
    } else if (answer.status >= 300) this.#denied.add(answer.exchange)
  }

  /**
   * Makes sure that a verdict is about an API at all.
   * @throws {Inconclusive} When a made-up path is answered like all others.
   */
  async requireApi(run: Run, names: readonly (string | undefined)[]): Promise<void> {
    for (const identity of identities(run, names))
      if (await run.shared(`answers anything ${identity.name}`, () => this.#answersAnything(run, identity)))
        throw new Inconclusive(
          'a made-up path is answered in the same words as the operations, so that no answer tells anything; does the URL name the API?',
        )
  }

  /**
   * Makes sure that whoever took part in a case is served still, after the last denial in it. A session that has ended, an account that was
   * locked and a firewall that has had enough deny everything, and prove nothing.
   * @param exchanges - Of the case.
   * @param meetsLimits - A limit is what the case is about, so that to meet nothing else says something.
   * @throws {Inconclusive} When somebody is served nothing any more, or never was; when nothing but limits, faults and silence was met.
   */
  async requireServed(
    run: Run,
    names: readonly (string | undefined)[],
    { exchanges, meetsLimits }: { readonly exchanges: readonly number[]; readonly meetsLimits: boolean },
  ): Promise<void> {
    const isMet = meetsLimits && exchanges.some((number) => this.#limited.has(number))
    if (!isMet && exchanges.length > 0 && exchanges.every((number) => this.#broken.has(number)))
      throw new Inconclusive('every request of it met a limit, a fault of the server or silence, which refuses nothing')
    const denied = exchanges.findLast((number) => this.#denied.has(number))
    if (denied === undefined) return
    for (const identity of identities(run, names)) {
      if ((this.#last.get(identity.name) ?? -1) > denied) continue
      const lost = this.#lost.get(identity.name) ?? (await this.#ask(run, identity))
      if (lost === null) continue
      this.#lost.set(identity.name, lost)
      throw new Inconclusive(lost)
    }
  }

  /** Of a declared operation: any other path may be answered with anything. */
  #isRead({ method, path, rawTarget }: Draft): boolean {
    return (
      method === 'GET' &&
      rawTarget === undefined &&
      this.#operations.some((each) => each.method === 'GET' && isOfTemplate(path, each.path))
    )
  }

  #remember(name: string, read: Read): void {
    // One of each operation, as far as there are several: to ask again shall not use up the limit of one.
    const limit = limitOf('GET', read.draft.path, name)
    const others = (this.#reads.get(name) ?? []).filter(({ draft }) => limitOf('GET', draft.path, name) !== limit)
    this.#reads.set(name, [read, ...others].slice(0, MOST_READS))
  }

  /** Whether the target is a page, a mock or a proxy that answers all paths alike. */
  async #answersAnything(run: Run, identity: Identity): Promise<boolean> {
    if (!this.#reads.has(identity.name)) await this.#ask(run, identity)
    const reads = this.#reads.get(identity.name) ?? []
    if (reads.length === 0) return false
    const path = `/${run.world.newCanary()}`
    const [scope] = run.engine.limits.scope
    const draft = {
      method: 'GET',
      path,
      query: [],
      headers: [],
      body: undefined,
      mediaType: '',
      ...(scope === undefined ? {} : { rawTarget: `${scope.replace(/\/$/, '')}${path}` }),
    }
    const answer = await run.patiently(draft, identity, 'control: a made-up path')
    return succeeded(answer) && reads.every((read) => isAlike({ draft, answer }, read))
  }

  /** Null when the identity is served; else why its denials prove nothing. */
  async #ask(run: Run, identity: Identity): Promise<string | null> {
    const { name } = identity
    const turn = (this.#turns.get(name) ?? -1) + 1
    this.#turns.set(name, turn)
    const reads = this.#reads.get(name) ?? []
    const known = reads.map((_, index) => reads[(index + turn) % reads.length] as Read)
    const purpose = `control: ${name} is served still`
    let seen = 0
    for (const { draft } of known) {
      const answer = await run.patiently(draft, identity, purpose)
      if (succeeded(answer)) return null
      seen = answer.status
    }
    for (const operation of candidates(this.#operations, identity)) {
      const draft = await run.world.draft(operation, identity).catch(orNothing)
      const answer = draft && (await run.patiently(draft, identity, purpose).catch(orNothing))
      if (answer === null) continue
      if (succeeded(answer)) return null
      seen = answer.status
    }
    // Who only writes has no reading to ask for again.
    if (known.length === 0 && this.#last.has(name)) return null
    // The next case begins with a new session, where one can be had.
    identity.forget()
    return known.length > 0
      ? `${name} is not served any more (${seen}), so that a denial proves nothing`
      : `${name} is served nothing at all (${seen}), so that a denial proves nothing; try turnpike prove --check`
  }
}

/** Not 502 and 504: they may be the right answer about another service. */
const isBroken = ({ status }: Answer): boolean => [0, 429, 500, 503].includes(status)

const identities = (run: Run, names: readonly (string | undefined)[]): readonly Identity[] =>
  run.everybody.filter(({ name }) => names.includes(name))

interface Read {
  readonly draft: Draft
  readonly answer: Answer
}

function isOfTemplate(path: string, template: string): boolean {
  const [own, declared] = [path.split('/'), template.split('/')]
  return own.length === declared.length && declared.every((part, index) => part.includes('{') || part === own[index])
}

/** The same words, but for the path that they repeat. */
function isAlike(one: Read, other: Read): boolean {
  const without = ({ draft, answer }: Read) => answer.text.replaceAll(draft.path, '')
  return (
    !differs(one.answer, other.answer) || (one.answer.status === other.answer.status && without(one) === without(other))
  )
}

/** Reads that need no object first. */
function candidates(operations: readonly Operation[], { plan: { kind } }: Identity): readonly Operation[] {
  const fits = ({ method, access, purpose }: Operation) =>
    method === 'GET' && purpose !== 'auth' && (access !== 'admin' || kind === 'admin')
  const objects = ({ references }: Operation) => references.filter((each) => each.in === 'path').length
  return operations
    .filter(fits)
    .sort((one, other) => objects(one) - objects(other))
    .slice(0, MOST_CANDIDATES)
}

function orNothing(error: unknown): null {
  if (error instanceof NotTested || error instanceof Inconclusive) return null
  throw error
}
