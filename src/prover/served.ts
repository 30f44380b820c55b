import type { Answer, Draft } from './engine/exchange.ts'
import type { Identity } from './identities.ts'
import type { Operation } from './plan/plan.ts'
import type { Run } from './run-state.ts'
import { succeeded } from './success.ts'
import { Inconclusive, NotTested } from './verdict.ts'

/** Requests that are remembered of each identity: an object may be gone that was read once. */
const MOST_DRAFTS = 3
/** Reading operations that are tried for an identity that was served nothing yet. */
const MOST_CANDIDATES = 5

/** Who was served and who was denied, over a whole run: what a denial is worth depends on it. */
export class Served {
  readonly #last = new Map<string, number>()
  readonly #reads = new Map<string, readonly Draft[]>()
  readonly #denied = new Set<number>()
  /** Identities that nothing serves; a success takes them out again. */
  readonly #lost = new Map<string, string>()

  /** Keeps what an answer says of its sender. */
  note(draft: Draft, name: string, answer: Answer): void {
    if (succeeded(answer)) {
      this.#last.set(name, answer.exchange)
      this.#lost.delete(name)
      if (draft.method === 'GET') this.#remember(name, draft)
    } else if (answer.status >= 300 && answer.status < 500 && answer.status !== 429) this.#denied.add(answer.exchange)
  }

  /**
   * Makes sure that whoever took part in a case is served still, after the last denial in it. A session that has ended, an account that was
   * locked and a firewall that has had enough deny everything, and prove nothing.
   * @param exchanges - Of the case.
   * @throws {Inconclusive} When somebody is served nothing any more, or never was.
   */
  async confirm(run: Run, names: readonly (string | undefined)[], exchanges: readonly number[]): Promise<void> {
    const denied = exchanges.findLast((number) => this.#denied.has(number))
    if (denied === undefined) return
    for (const name of new Set(names)) {
      const identity = name === undefined ? null : (run.everybody.find((each) => each.name === name) ?? null)
      if (identity === null || (this.#last.get(identity.name) ?? -1) > denied) continue
      const lost = this.#lost.get(identity.name) ?? (await this.#ask(run, identity))
      if (lost === null) continue
      this.#lost.set(identity.name, lost)
      throw new Inconclusive(lost)
    }
  }

  #remember(name: string, draft: Draft): void {
    const target = (each: Draft) => each.rawTarget ?? each.path
    const others = (this.#reads.get(name) ?? []).filter((each) => target(each) !== target(draft))
    this.#reads.set(name, [draft, ...others].slice(0, MOST_DRAFTS))
  }

  /** Null when the identity is served; else why its denials prove nothing. */
  async #ask(run: Run, identity: Identity): Promise<string | null> {
    const { name } = identity
    const known = this.#reads.get(name) ?? []
    const purpose = `control: ${name} is served still`
    let seen = 0
    for (const draft of known) {
      const answer = await run.patiently(draft, identity, purpose)
      if (succeeded(answer)) return null
      seen = answer.status
    }
    for (const operation of candidates(run.plan.operations, identity)) {
      const draft = await run.world.draft(operation, identity).catch(orNothing)
      if (draft === null) continue
      const answer = await run.patiently(draft, identity, purpose)
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

/** Reads that need no object first. */
function candidates(operations: readonly Operation[], { plan: { kind } }: Identity): readonly Operation[] {
  const fits = ({ method, leftOut, access, purpose }: Operation) =>
    method === 'GET' && !leftOut && purpose !== 'auth' && (access !== 'admin' || kind === 'admin')
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
