import type { Risk } from '../contract/review/finding.ts'
import type { Case } from '../prover/attack.ts'
import { ATTACKS } from '../prover/attacks/attacks.ts'
import type { Session } from '../prover/identities.ts'
import type { Plan } from '../prover/plan/plan.ts'
import { NO_HINTS } from '../prover/plan/plan-config.ts'
import { planOf } from '../prover/plan/plan-of.ts'
import { withClient } from '../prover/plan/with-client.ts'
import { openRun, prove } from '../prover/prove.ts'
import { joined, LAYERS, type Layer } from './layers.ts'
import { type Mutation, mutationsOf } from './mutations.ts'
import { type RunningTrial, startTrial } from './start-trial.ts'
import { type Away, switchboard } from './switchboard.ts'
import type { Trial } from './trial.ts'

/** What came of taking one protection away. */
export interface DrillResult {
  readonly id: string
  readonly title: string
  readonly risk: Risk
  readonly endpoint: string | null
  /**
   * `killed`: an attack went through, so the protection is watched. `held`: another layer stood, and with it gone too an attack went through.
   * `survived`: no attack noticed although some ran. `untried`: no attack can be run against it here.
   */
  readonly outcome: 'killed' | 'held' | 'survived' | 'untried'
  /** Attacks that noticed, the layers that held, or why it was not tried. */
  readonly by: readonly string[]
}

export interface DrillOptions {
  /** Kinds or ids of mutations, or risks; none: all. */
  readonly only?: readonly string[]
  readonly signal?: AbortSignal
  onResult?(result: DrillResult, progress: { readonly done: number; readonly total: number }): void
}

export interface DrillReport {
  readonly title: string
  readonly results: readonly DrillResult[]
  /** Risks whose layers were all taken away at once, and the attacks that went through then. */
  readonly seconds: number
  readonly requests: number
}

/**
 * Takes the protections of a contract away, one by one, and expects the prover to notice.
 * @throws {StartupError} When the trial does not start. @throws {TypeError} When an attack goes through with nothing taken away.
 */
export async function drill(trial: Trial, options: DrillOptions = {}): Promise<DrillReport> {
  const started = performance.now()
  const wanted = mutationsOf(trial.api).filter((mutation) => isWanted(mutation, options.only ?? []))
  const results: DrillResult[] = []
  let requests = 0
  for (const kind of new Set(wanted.map((mutation) => mutation.kind))) {
    if (options.signal?.aborted) break
    // One set-up serves a kind; what it stored with a protection away stays out of the next.
    const board = switchboard()
    const running = await startTrial(trial, { checks: board.checks })
    try {
      const range = await openRange(running)
      for (const mutation of wanted.filter((each) => each.kind === kind)) {
        const result = await judge(mutation, (away) => {
          board.put(away)
          return range.shoot(mutation)
        })
        board.put({})
        results.push(result)
        options.onResult?.(result, { done: results.length, total: wanted.length })
      }
      requests += range.requests
    } finally {
      await running.close()
    }
  }
  return { title: trial.api.title, results, seconds: (performance.now() - started) / 1000, requests }
}

const isWanted = ({ id, kind, risk }: Mutation, only: readonly string[]): boolean =>
  only.length === 0 || only.some((each) => each === id || each === kind || each.toUpperCase() === risk)

/** What the attacks of a mutation said. */
interface Shot {
  readonly through: readonly string[]
  /** Cases that came to a verdict. */
  readonly decided: number
  /** Why the others did not. */
  readonly reasons: readonly string[]
  /** Every case that was held ended with a refusal. */
  readonly refused: boolean
}

async function judge(mutation: Mutation, shoot: (away: Away) => Promise<Shot>): Promise<DrillResult> {
  const { id, title, risk, endpoint, away } = mutation
  const result = (outcome: DrillResult['outcome'], by: readonly string[]): DrillResult => ({
    id,
    title,
    risk,
    endpoint,
    outcome,
    by,
  })
  const first = await shoot(away)
  if (first.through.length > 0) return result('killed', first.through)
  const others = LAYERS.filter((layer) => layer.risks.includes(risk) && !isWithin(layer, away))
  for (const layer of others) {
    const { through } = await shoot(joined([{ away }, layer]))
    if (through.length > 0) return result('held', [layer.name])
  }
  const { through, decided, refused } = others.length > 0 ? await shoot(joined([{ away }, ...others])) : first
  if (through.length > 0) return result('held', [`together: ${others.map(({ name }) => name).join(', ')}`])
  // Nothing of the pipeline is left that could have refused.
  if (refused) return result('held', ['what is no check of the pipeline: the application itself, or its identity'])
  if (first.decided === 0 && decided === 0)
    return result('untried', first.reasons.length > 0 ? first.reasons : ['no attack applies here'])
  return result('survived', [])
}

const isWithin = ({ away: { checks = {}, outbound = {} } }: Layer, away: Away): boolean =>
  Object.keys(checks).every((name) => Object.hasOwn(away.checks ?? {}, name)) &&
  Object.keys(outbound).every((name) => Object.hasOwn(away.outbound ?? {}, name))

/** The running trial with its plan and people, set up once. */
interface Range {
  requests: number
  shoot(mutation: Mutation): Promise<Shot>
}

async function openRange(running: RunningTrial): Promise<Range> {
  const whole = withClient(planOf(running.document, { ...NO_HINTS, ...running.hints, identities: running.identities }))
  // Spare accounts are used up by one run; where people can register, each run makes its own.
  const plan: Plan =
    whole.auth.register === null ? whole : { ...whole, identities: whole.identities.filter(({ spare }) => !spare) }
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
    seed: 1,
    callback: '127.0.0.1',
    signer: running.signer,
  }
  const sessions = await openSessions(plan, running, common)
  const range: Range = {
    requests: 0,
    async shoot({ attacks, risk, endpoint }) {
      const chosen = ATTACKS.filter((attack) =>
        attacks.length === 0 ? attack.risk === risk : attacks.includes(attack.number),
      )
      const stop = new AbortController()
      const statuses = new Map<number, number>()
      const { results, requests } = await prove(plan, running.target, {
        ...common,
        onExchange: ({ number, response }) => statuses.set(number, response.status),
        sessions,
        attacks: chosen,
        signal: stop.signal,
        wanted: (_attack, it) => isAt(it, endpoint),
        // One that went through is enough.
        onResult: ({ outcome }) => outcome === 'fail' && stop.abort(),
      })
      range.requests += requests
      const of = (outcome: string) => results.filter((each) => each.outcome === outcome)
      const isRefusal = (status: number | undefined) => status !== undefined && status >= 400 && status < 500
      const passes = of('pass')
      return {
        refused: passes.length > 0 && passes.every(({ evidence }) => isRefusal(statuses.get(evidence.at(-1) ?? 0))),
        through: [...new Set(of('fail').map(({ attack }) => attack))],
        decided: passes.length + of('fail').length,
        reasons: [...new Set([...of('not-tested'), ...of('inconclusive')].map(({ why }) => why))].slice(0, 3),
      }
    },
  }
  return range
}

async function openSessions(
  plan: Plan,
  { target }: RunningTrial,
  common: Omit<Parameters<typeof openRun>[2], 'sessions'>,
): Promise<readonly Session[]> {
  const { run, close } = openRun(plan, target, common)
  try {
    const sessions: Session[] = []
    for (const identity of run.identities) sessions.push(await identity.session())
    return sessions
  } finally {
    await close()
  }
}

/** Whether a case concerns the endpoint: `:invoice` of a contract is `{invoice}` of its document. */
const isAt = ({ operation }: Case, endpoint: string | null): boolean =>
  endpoint === null || operation?.id === endpoint.replaceAll(/:(\w+)/g, '{$1}')
