import type { Risk } from '../contract/review/finding.ts'
import type { Gone } from './drill-name.ts'
import { isWithin, joined, type Layer, layersOf } from './layers.ts'
import { attacksOf, type LayerResult, layersTogether } from './layers-together.ts'
import { type Mutation, mutationsOf } from './mutations.ts'
import { type Aim, openRange, type Shot } from './range.ts'
import { startTrial } from './start-trial.ts'
import { openSuite, type SuiteOptions } from './suite.ts'
import { switchboard } from './switchboard.ts'
import type { Trial } from './trial.ts'

/** What came of taking one protection away. */
export interface DrillResult {
  readonly id: string
  readonly title: string
  readonly risk: Risk
  readonly endpoint: string | null
  /**
   * `killed`: an attack (or the team's own suite) noticed, so the protection is watched. `held`: another layer stood, and with it gone too an
   * attack went through; or nothing of the pipeline was left and the application refused all the same. `survived`: attacks ran, and none noticed.
   * `untried`: no attack came to a verdict here.
   */
  readonly outcome: 'killed' | 'held' | 'survived' | 'untried'
  /** Attacks that noticed, the layers that held, or why it was not tried. */
  readonly by: readonly string[]
}

export interface DrillOptions {
  /** Kinds or ids of mutations, or risks; none: all. */
  readonly only?: readonly string[]
  /** A team's own tests in place of our attacks. */
  readonly run?: { readonly command: string } & Pick<SuiteOptions, 'timeoutMilliseconds'>
  readonly signal?: AbortSignal
  onResult?(result: DrillResult, progress: DrillProgress): void
}

export interface DrillProgress {
  readonly done: number
  readonly total: number
}

export interface DrillReport {
  readonly title: string
  readonly results: readonly DrillResult[]
  /** For each risk with all its layers away at once: what went through then. */
  readonly layers: readonly LayerResult[]
  readonly seconds: number
  readonly requests: number
}

/** Whether the drill is passed. */
export const hasSurvivors = ({ results, layers }: Pick<DrillReport, 'results' | 'layers'>): boolean =>
  results.some(({ outcome }) => outcome === 'survived') || layers.some(({ outcome }) => outcome === 'survived')

/**
 * Takes the protections of a contract away, one by one, and expects the prover to notice; then all layers of each risk at once.
 * @throws {StartupError} When the trial does not start.
 * @throws {TypeError} When an attack goes through with everything in place, or the suite of `run` cannot be drilled.
 */
export async function drill(trial: Trial, options: DrillOptions = {}): Promise<DrillReport> {
  const started = performance.now()
  const { only = [], run, signal, onResult } = options
  const wanted = wantedMutations(trial, only)
  const results: DrillResult[] = []
  let requests = 0
  const isStopped = () => signal?.aborted === true
  const suite =
    run === undefined || wanted.length === 0
      ? null
      : await openSuite(run.command, { ...run, ...(signal ? { signal } : {}) })
  const stand = async (work: (shoot: Shoot) => Promise<void>): Promise<void> => {
    if (isStopped()) return
    if (suite) return work((_aim, gone) => suite.shoot(gone))
    requests += await onRange(trial, work)
  }
  if (suite === null) await stand((shoot) => requireSound(wanted, shoot))
  // One set-up serves a kind; what it stored with a protection away stays out of the next.
  for (const kind of new Set(wanted.map((mutation) => mutation.kind)))
    await stand(async (shoot) => {
      for (const mutation of wanted.filter((each) => each.kind === kind)) {
        if (isStopped()) return
        const result = await judge(mutation, (gone) => shoot(mutation, gone))
        if (isStopped()) return
        results.push(result)
        onResult?.(result, { done: results.length, total: wanted.length })
      }
    })
  const layers: LayerResult[] = []
  for (const { aim, gone, judged } of layersTogether(wanted.filter(({ risk }) => isNamed(risk, only))))
    await stand(async (shoot) => void layers.push(judged(await shoot(aim, [gone]))))
  return { title: trial.api.title, results, layers, seconds: (performance.now() - started) / 1000, requests }
}

/** What goes through anyway would be taken for a notice. */
async function requireSound(mutations: readonly Mutation[], shoot: Shoot): Promise<void> {
  const { through } = await shoot({ attacks: attacksOf(mutations), endpoint: null }, [])
  if (through.length > 0)
    throw new TypeError(
      `${through.join(', ')} goes through with every protection in place; mend that first: turnpike prove`,
    )
}

/** Attacks, or runs the suite, with all of this away. */
type Shoot = (aim: Aim, gone: readonly Gone[]) => Promise<Shot>

/** Whether a whole risk is drilled. */
const isNamed = (risk: Risk, only: readonly string[]): boolean =>
  only.length === 0 || only.some((each) => each.toUpperCase() === risk)

/** The mutations of a trial that `only` names: by kind, id or risk. */
export const wantedMutations = ({ api }: Trial, only: readonly string[]): readonly Mutation[] =>
  mutationsOf(api).filter(
    ({ id, kind, risk }) =>
      only.length === 0 || only.some((each) => each === id || each === kind || each.toUpperCase() === risk),
  )

/** @returns Requests that were sent. */
async function onRange(trial: Trial, work: (shoot: Shoot) => Promise<void>): Promise<number> {
  const board = switchboard()
  const running = await startTrial(trial, { checks: board.checks, fewPeople: true })
  try {
    const range = await openRange(running)
    await work(async (aim, gone) => {
      board.put(joined(gone))
      return range.shoot(aim).finally(() => board.put({}))
    })
    return range.requests
  } finally {
    await running.close()
  }
}

async function judge(mutation: Mutation, shoot: (gone: readonly Gone[]) => Promise<Shot>): Promise<DrillResult> {
  const { id, title, risk, endpoint, away } = mutation
  const it: Gone = { name: id, away }
  const result = (outcome: DrillResult['outcome'], by: readonly string[]): DrillResult => ({
    id,
    title,
    risk,
    endpoint,
    outcome,
    by,
  })
  const first = await shoot([it])
  if (first.through.length > 0) return result('killed', first.through)
  const others = layersOf(risk).filter((layer) => !isWithin(layer, away))
  for (const layer of others) {
    const { through } = await shoot([it, layer])
    if (through.length > 0) return result('held', [layer.name])
  }
  const last = others.length > 0 ? await shoot([it, ...others]) : first
  if (last.through.length > 0) {
    const needed = await fewest(others, async (some) => {
      const { through } = await shoot([it, ...some])
      return through.length > 0
    })
    return result(
      'held',
      needed.map(({ name }) => name),
    )
  }
  // No check of this risk is left in the pipeline, so whoever still refused is the application, or the identity behind it.
  if (last.refusals.length > 0) return result('held', [`the application's own checks (${last.refusals.join(', ')})`])
  if (first.decided === 0 && last.decided === 0)
    return result('untried', first.reasons.length > 0 ? first.reasons : ['no attack applies here'])
  return result('survived', first.reasons)
}

/** Which of these layers must be gone together: one after the other is left standing, where an attack goes through all the same. */
async function fewest(
  layers: readonly Layer[],
  isThrough: (some: readonly Layer[]) => Promise<boolean>,
): Promise<readonly Layer[]> {
  let needed = layers
  for (const layer of layers) {
    const others = needed.filter((each) => each !== layer)
    if (await isThrough(others)) needed = others
  }
  return needed
}
