import type { Case } from '../prover/attack.ts'
import { ATTACKS } from '../prover/attacks/attacks.ts'
import type { Session } from '../prover/identities.ts'
import type { Plan } from '../prover/plan/plan.ts'
import { NO_HINTS } from '../prover/plan/plan-config.ts'
import { planOf } from '../prover/plan/plan-of.ts'
import { withClient } from '../prover/plan/with-client.ts'
import { openRun, prove } from '../prover/prove.ts'
import type { RunningTrial } from './start-trial.ts'

/** What is shot at, and with what. */
export interface Aim {
  /** Numbers. */
  readonly attacks: readonly number[]
  /** Null: all. */
  readonly endpoint: string | null
  /** Only cases with an API key as the attacker. */
  readonly keysOnly?: boolean
}

/** What the attacks said. */
export interface Shot {
  /** Ids of the attacks that went through. */
  readonly through: readonly string[]
  /** Cases that came to a verdict. */
  readonly decided: number
  /** Why the others did not. */
  readonly reasons: readonly string[]
  /** Statuses that ended the cases, where all were decided and each ended with a refusal (4xx); otherwise none. */
  readonly refusals: readonly number[]
}

/** The running trial with its plan and people, set up once. */
export interface Range {
  readonly requests: number
  shoot(aim: Aim): Promise<Shot>
}

/** Opens everybody's session, so that no shot has to. */
export async function openRange(running: RunningTrial): Promise<Range> {
  const whole = withClient(planOf(running.document, { ...NO_HINTS, ...running.hints, identities: running.identities }))
  // Spare accounts are used up by one run; where people can register, each run makes its own.
  const plan: Plan =
    whole.auth.register === null ? whole : { ...whole, identities: whole.identities.filter(({ spare }) => !spare) }
  const clients = plan.identities.filter(({ kind }) => kind === 'client').map(({ name }) => name)
  const common = {
    limits: {
      rate: 1_000_000,
      maxRequests: 1_000_000,
      timeoutMilliseconds: 5000,
      maxWaitSeconds: 1_000_000,
      allowWrites: true,
      scope: [],
    },
    concurrency: 4,
    safe: false,
    callback: '127.0.0.1',
    signer: running.signer,
  }
  const sessions = await openSessions(plan, running, common)
  let [sent, shots] = [0, 0]
  return {
    get requests() {
      return sent
    },
    async shoot({ attacks, endpoint, keysOnly = false }) {
      const stop = new AbortController()
      const statuses = new Map<number, number>()
      // Every endpoint counts here, not those few that stand for an API.
      const { results, requests } = await prove({ ...plan, focus: inDocument(endpoint) }, running.target, {
        ...common,
        // What one shot named is not named again in the next.
        seed: ++shots,
        onExchange: ({ number, response }) => statuses.set(number, response.status),
        sessions,
        attacks: ATTACKS.filter(({ number }) => attacks.includes(number)),
        signal: stop.signal,
        wanted: (_attack, it) => isAt(it, endpoint) && (!keysOnly || clients.includes(it.attacker ?? '')),
        // One that went through is enough.
        onResult: ({ outcome }) => outcome === 'fail' && stop.abort(),
      })
      sent += requests
      const of = (outcome: string) => results.filter((each) => each.outcome === outcome)
      const [failed, passed] = [of('fail'), of('pass')]
      const endings = passed.map(({ evidence }) => statuses.get(evidence.at(-1) ?? 0) ?? 0)
      return {
        through: [...new Set(failed.map(({ attack }) => attack))],
        decided: passed.length + failed.length,
        reasons:
          keysOnly && clients.length === 0
            ? ['the API makes no API keys']
            : [...new Set([...of('not-tested'), ...of('inconclusive')].map(({ why }) => why))].slice(0, 3),
        refusals: of('inconclusive').length === 0 && endings.every(isRefusal) ? [...new Set(endings)].sort() : [],
      }
    },
  }
}

async function openSessions(
  plan: Plan,
  { target }: RunningTrial,
  common: Omit<Parameters<typeof openRun>[2], 'sessions' | 'seed'>,
): Promise<readonly Session[]> {
  const { run, close } = openRun(plan, target, { ...common, seed: 0 })
  try {
    const sessions: Session[] = []
    for (const identity of run.identities) sessions.push(await identity.session())
    return sessions
  } finally {
    await close()
  }
}

const isRefusal = (status: number): boolean => status >= 400 && status < 500

/** `:invoice` of a contract is `{invoice}` of its document. */
const inDocument = (endpoint: string | null): string | null => endpoint?.replaceAll(/:(\w+)/g, '{$1}') ?? null

const isAt = ({ operation }: Case, endpoint: string | null): boolean =>
  endpoint === null || operation?.id === inDocument(endpoint)
