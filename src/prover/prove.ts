import { createHash, randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { Attack, Case } from './attack.ts'
import { Engine, type EngineLimits } from './engine/engine.ts'
import type { Exchange } from './engine/exchange.ts'
import { createHttpClient } from './engine/http-client.ts'
import { Placeholders } from './engine/secrets.ts'
import type { ProveTarget } from './engine/target.ts'
import type { Session } from './identities.ts'
import type { Plan } from './plan/plan.ts'
import { Probe } from './probe.ts'
import { Run } from './run-state.ts'
import { inPhases, type Scheduled } from './schedule.ts'
import type { Signer } from './signer.ts'
import { type AttackSeverity, Inconclusive, NotTested, type Outcome, STOPPED, type Verdict } from './verdict.ts'

export interface ProveOptions {
  readonly attacks: readonly Attack[]
  readonly limits: EngineLimits
  /** Cases at a time. */
  readonly concurrency: number
  readonly safe: boolean
  /** Repeats the choices of attacks; names and canaries are new in each run. */
  readonly seed: number
  readonly callback: string | null
  /** The API's own signature, for attacks on claims; only an in-memory run has it. */
  readonly signer?: Signer | null
  readonly runId?: string
  readonly signal?: AbortSignal
  /** Sessions that are open already, to spare sign-ins. */
  readonly sessions?: readonly Session[]
  /** Requests that were sent before in this run: its check, its contract. */
  readonly before?: number
  /** Leaves out every case that it says no to. Default: none. */
  wanted?(attack: Attack, it: Case): boolean
  /** Results of an earlier, interrupted run: not done again. */
  readonly done?: readonly CaseResult[]
  onExchange?(exchange: Exchange): void
  onResult?(result: CaseResult, progress: Progress): void
}

export interface Progress {
  readonly done: number
  readonly total: number
  readonly requests: number
}

/** What came of one case. */
export interface CaseResult {
  /** Stable over runs: attack, operation, kinds of identities, variant. */
  readonly id: string
  readonly attack: string
  readonly operation: string | null
  readonly owner: string | null
  readonly attacker: string | null
  readonly variant: string | null
  readonly outcome: Outcome
  readonly why: string
  readonly severity: AttackSeverity
  readonly cause: string
  readonly evidence: readonly number[]
  /** All exchanges of the case, set-up and controls included. */
  readonly exchanges: readonly number[]
  readonly requests: number
  readonly milliseconds: number
}

export interface ProveResult {
  readonly runId: string
  readonly seed: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  readonly requests: number
  /** Seconds to the first finding; null without one. */
  readonly firstFindingSeconds: number | null
  readonly interrupted: boolean
  readonly results: readonly CaseResult[]
}

/** A run that is open: what `prove`, the check before it, and a repeated finding send with. */
export interface OpenRun {
  readonly run: Run
  readonly runId: string
  close(): Promise<void>
}

export type RunOptions = Pick<ProveOptions, 'limits' | 'concurrency' | 'safe' | 'seed' | 'callback'> &
  Partial<Pick<ProveOptions, 'signer' | 'runId' | 'signal' | 'sessions' | 'before' | 'onExchange'>>

/** Opens a run; nothing is sent yet. */
export function openRun(plan: Plan, target: ProveTarget, options: RunOptions): OpenRun {
  const signal = options.signal ?? new AbortController().signal
  // Every request in flight listens for the stop.
  setMaxListeners(0, signal)
  const placeholders = new Placeholders()
  const client = createHttpClient(options.concurrency * 4)
  const runId = options.runId ?? randomUUID()
  const engine = new Engine({
    target,
    runId,
    limits: options.limits,
    client,
    placeholders,
    events: {
      exchange: (exchange) => options.onExchange?.(exchange),
      answer: (draft, name, answer) => run.served.note(draft, name, answer),
    },
    signal,
    before: options.before ?? 0,
  })
  const run = new Run({
    plan,
    engine,
    placeholders,
    random: seeded(options.seed),
    signal,
    callback: options.callback,
    safe: options.safe,
    signer: options.signer ?? null,
  })
  for (const session of options.sessions ?? []) run.identity(session.name).begin(session)
  return {
    run,
    runId,
    async close() {
      await run.close()
      client.close()
    },
  }
}

/** Runs the attacks on the target. The API is judged by its answers alone. */
export async function prove(plan: Plan, target: ProveTarget, options: ProveOptions): Promise<ProveResult> {
  const started = performance.now()
  const startedAt = new Date().toISOString()
  const { run, runId, close } = openRun(plan, target, options)
  const { engine, signal } = run
  const results: CaseResult[] = []
  const known = new Map((options.done ?? []).filter(isDone).map((result) => [result.id, result]))
  let firstFindingSeconds: number | null = null
  const jobs = jobsOf(plan, options, known, results)
  const total = jobs.length + results.length
  const finish = (result: CaseResult) => {
    results.push(result)
    if (result.outcome === 'fail') firstFindingSeconds ??= (performance.now() - started) / 1000
    options.onResult?.(result, { done: results.length, total, requests: engine.sent })
  }
  for (const result of [...results]) options.onResult?.(result, { done: results.length, total, requests: 0 })
  try {
    await inPhases(jobs, options.concurrency, engine.slots, async ({ attack, it }) =>
      finish(
        signal.aborted
          ? resultOf(attack, it, { outcome: 'not-tested', why: STOPPED, evidence: [] })
          : await attempt(attack, it, run),
      ),
    )
  } finally {
    await close()
  }
  return {
    runId,
    seed: options.seed,
    startedAt,
    endedAt: new Date().toISOString(),
    requests: engine.sent,
    firstFindingSeconds,
    interrupted: signal.aborted,
    results,
  }
}

/** What an interrupted run left over is tried again when it is resumed. */
const isDone = ({ why }: CaseResult): boolean => why !== STOPPED

interface Job extends Scheduled {
  readonly attack: Attack
  readonly it: Case
}

/** What is to be done; what cannot be tried goes to the results at once. */
function jobsOf(
  plan: Plan,
  options: ProveOptions,
  known: ReadonlyMap<string, CaseResult>,
  results: CaseResult[],
): readonly Job[] {
  const jobs: Job[] = []
  for (const attack of options.attacks)
    for (const it of attack.cases(plan)) {
      const untested = 'untested' in it ? it.untested : options.safe && attack.phase === 'destructive' ? SAFE : null
      const shape: Case = 'untested' in it ? { operation: it.operation } : it
      if (options.wanted?.(attack, shape) === false) continue
      if (untested !== null) {
        results.push(resultOf(attack, shape, { outcome: 'not-tested', why: untested, evidence: [] }))
        continue
      }
      const earlier = known.get(caseId(attack, shape))
      if (earlier) results.push(earlier)
      else jobs.push({ attack, it: shape, phase: attack.phase, operation: shape.operation?.id ?? null })
    }
  return jobs
}

const SAFE = 'it destroys what it made, and --safe leaves that out'

/** Runs a case; what went through is tried a second time before it is reported (rule h). */
async function attempt(attack: Attack, it: Case, run: Run): Promise<CaseResult> {
  const started = performance.now()
  const first = await once(attack, it, run)
  if (first.verdict.outcome !== 'fail') return resultOf(attack, it, first.verdict, first.probe, started)
  const second = await once(attack, it, run)
  const verdict: Verdict =
    second.verdict.outcome === 'fail'
      ? second.verdict
      : {
          outcome: 'inconclusive',
          why: `it went through once and not again: ${first.verdict.why}; then: ${second.verdict.why}`,
          evidence: [...first.verdict.evidence, ...second.verdict.evidence],
        }
  return resultOf(attack, it, verdict, second.probe, started, first.probe)
}

interface Once {
  readonly verdict: Verdict
  readonly probe: Probe
}

/** What is said of it may quote the target: secrets stay out of it. */
async function once(attack: Attack, it: Case, run: Run): Promise<Once> {
  const { verdict, probe } = await decided(attack, it, run)
  return { verdict: { ...verdict, why: run.hide(verdict.why) }, probe }
}

async function decided(attack: Attack, it: Case, run: Run): Promise<Once> {
  const probe = new Probe(run, purposeOf(attack, it), attack.maxRequests)
  try {
    const verdict = await attack.run(it, probe)
    const names = [it.owner, it.attacker]
    if (verdict.outcome === 'pass' || verdict.outcome === 'fail') await run.served.requireApi(run, names)
    if (verdict.outcome === 'pass') await run.served.requireServed(run, names, probe)
    return { verdict, probe }
  } catch (error) {
    if (error instanceof NotTested)
      return { verdict: { outcome: 'not-tested', why: error.message, evidence: [] }, probe }
    // What was cut off came to nothing, whatever it was waiting for.
    if (run.signal.aborted) return { verdict: { outcome: 'not-tested', why: STOPPED, evidence: [] }, probe }
    if (error instanceof Inconclusive)
      return { verdict: { outcome: 'inconclusive', why: error.message, evidence: error.evidence }, probe }
    // A fault of ours must neither end the run nor read as held.
    const reason = error instanceof Error ? error.message : String(error)
    return { verdict: { outcome: 'inconclusive', why: `the attack itself failed: ${reason}`, evidence: [] }, probe }
  }
}

const purposeOf = (attack: Attack, { operation, owner, attacker, variant }: Case): string =>
  [
    attack.id,
    operation?.id,
    owner === undefined ? attacker : attacker === undefined ? owner : `${owner}→${attacker}`,
    variant,
  ]
    .filter((part) => part !== undefined)
    .join(' ')

function resultOf(
  attack: Attack,
  it: Case,
  verdict: Verdict,
  probe?: Probe,
  started = performance.now(),
  earlier?: Probe,
): CaseResult {
  return {
    id: caseId(attack, it),
    attack: attack.id,
    operation: it.operation?.id ?? null,
    owner: it.owner ?? null,
    attacker: it.attacker ?? null,
    variant: it.variant ?? null,
    outcome: verdict.outcome,
    why: verdict.why,
    severity: verdict.severity ?? attack.severity,
    cause: verdict.cause ?? attack.id,
    evidence: verdict.evidence,
    exchanges: [...(earlier?.exchanges ?? []), ...(probe?.exchanges ?? [])],
    requests: (probe?.requests ?? 0) + (earlier?.requests ?? 0),
    milliseconds: Math.round(performance.now() - started),
  }
}

/** Ten hexadecimal characters of what makes a case the same in another run. */
export function caseId(attack: Attack, { operation, owner, attacker, variant }: Case): string {
  const parts = [attack.id, operation?.id ?? '', owner ?? '', attacker ?? '', variant ?? '']
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 10)
}

/** Mulberry32: small, fast, repeatable; nothing secret depends on it. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
