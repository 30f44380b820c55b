import { NO_HINTS } from '../prover/plan/plan-config.ts'
import { planOf } from '../prover/plan/plan-of.ts'
import { openRun } from '../prover/prove.ts'
import { awayOf, DRILL_VARIABLE } from './drill-name.ts'
import { startTrial } from './start-trial.ts'
import { switchboard } from './switchboard.ts'
import type { Trial } from './trial.ts'

/** An API that a test suite talks to, in memory and over real HTTP. */
export interface OpenTrial {
  /** `http://127.0.0.1:…`, without a slash at the end. */
  readonly url: string
  /** The people of the trial, by name. */
  readonly people: Readonly<Record<string, OpenPerson>>
  /** The API's clock: it stands still until it is moved. */
  readonly clock: { now(): Date; advance(milliseconds: number): void }
  close(): Promise<void>
}

export interface OpenPerson {
  readonly name: string
  readonly kind: 'user' | 'admin' | 'client'
  /** Its id in the API; null where that is not known beforehand. */
  readonly id: string | null
  readonly tenantId: string | null
  readonly roles: readonly string[]
  /** What it signs in with, where the API keeps its users. */
  readonly account: { readonly username: string; readonly password: string } | null
  /** Headers that carry a valid credential; signs in at the first call, and again shortly before the credential ends. */
  headers(): Promise<Readonly<Record<string, string>>>
}

/**
 * Starts a trial for tests of your own. Under `turnpike drill --run` it starts without the protection that is drilled, so that
 * the tests can notice.
 * @throws {StartupError} As the gate does. @throws {TypeError} When `TURNPIKE_DRILL` names no protection of this contract.
 */
export async function openTrial(trial: Trial): Promise<OpenTrial> {
  const name = process.env[DRILL_VARIABLE] ?? null
  const away = name === null ? {} : awayOf(trial.api, name)
  const board = switchboard()
  const running = await startTrial(trial, { checks: board.checks })
  const plan = planOf(running.document, { ...NO_HINTS, ...running.hints, identities: running.identities })
  const limits = {
    rate: 1_000_000,
    maxRequests: 1_000_000,
    timeoutMilliseconds: 5000,
    maxWaitSeconds: 1_000_000,
    allowWrites: true,
    scope: [],
  }
  const { run, close } = openRun(plan, running.target, { limits, concurrency: 1, safe: false, seed: 0, callback: null })
  board.put(away)
  const people = plan.identities.map((person): OpenPerson => {
    const { kind, tenant, roles, account, subject } = person
    return {
      name: person.name,
      kind,
      id: subject,
      tenantId: tenant,
      roles,
      account,
      headers: async () => Object.fromEntries((await run.identity(person.name).session()).headers),
    }
  })
  return {
    url: running.target.base.origin,
    people: Object.fromEntries(people.map((person) => [person.name, person])),
    clock: {
      now: () => new Date(running.target.now()),
      advance: (milliseconds) => void running.target.wait(milliseconds),
    },
    async close() {
      await close()
      await running.close()
    },
  }
}
