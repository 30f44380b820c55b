import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { caseId, prove } from '../../prover/prove.ts'
import { findingsOf } from '../../prover/report/findings.ts'
import { openRunFolder, settledResults } from '../../prover/report/run-folder.ts'
import { type RunRecord, runHead } from '../../prover/report/run-record.ts'
import { version } from '../version.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import { printCheck, printPlan, writeFirstConfig } from './before.ts'
import { calibrateRun } from './calibrate-run.ts'
import { againAs, ensureSamePeople, resumedRun } from './earlier-run.ts'
import { progressBar } from './progress-bar.ts'
import { chosenAttacks, type ProveFlags, severityOf } from './prove-options.ts'
import { keptRun } from './prove-report.ts'
import { type Prepared, prepare } from './prove-target.ts'
import { reportRun } from './report-run.ts'
import { standing } from './standing.ts'
import { stoppable } from './stoppable.ts'

/**
 * `turnpike prove <target>`: attacks a running API from its contract, or an api module in memory.
 * @returns 0 held, 1 findings at or above `--fail-on`, 2 wrong use or nothing could be tested, 130 and 143 when it was stopped.
 */
export async function runProve(name: string | undefined, given: ProveFlags): Promise<number> {
  try {
    severityOf(given.failOn)
    chosenAttacks(given.only)
    if (given.init) return await writeFirstConfig(name, given)
    const earlier = await resumedRun(name, given)
    const flags = earlier === null ? given : againAs(earlier, given)
    const attacks = chosenAttacks(flags.only)
    const runId = earlier?.runId ?? randomUUID()
    const prepared = await prepare(name ?? earlier?.target, flags, runId)
    try {
      if (flags.plan) return printPlan(prepared, attacks)
      if (flags.check) return await printCheck(prepared)
      if (earlier !== null) ensureSamePeople(earlier, prepared.plan)
      return await attack(prepared, { runId, attacks, flags, earlier })
    } finally {
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}

/**
 * `turnpike prove retest <finding>`: set-up, controls and attack of one finding of the last run, again.
 * Its run is kept beside the others, so that the last run stays the last.
 * @returns 0 when it is held now, 1 when it still goes through, 2 for wrong use or when nothing can be said.
 */
export async function runProveRetest(id: string, name: string | undefined, given: ProveFlags): Promise<number> {
  try {
    const { run } = await keptRun(undefined, given.runs)
    const finding = findingsOf(run).find((each) => each.id === id)
    if (!finding) throw new WrongUse(`the last run has no finding ${id}; turnpike prove report lists those that it has`)
    const flags = { ...againAs(run, given), runs: join(given.runs, 'retests') }
    const runId = randomUUID()
    const prepared = await prepare(name ?? run.target, flags, runId)
    try {
      const attacks = chosenAttacks(finding.attack.id)
      return await attack(prepared, { runId, attacks, flags, earlier: null, cases: new Set(finding.cases) })
    } finally {
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}

interface Attacking {
  readonly runId: string
  readonly attacks: ReturnType<typeof chosenAttacks>
  readonly flags: ProveFlags
  /** The run that goes on. */
  readonly earlier: RunRecord | null
  /** Ids of the only cases to run. */
  readonly cases?: ReadonlySet<string>
}

async function attack(prepared: Prepared, { runId, attacks, flags, earlier, cases }: Attacking): Promise<number> {
  const { target, pace } = prepared
  const stop = stoppable()
  try {
    const { plan, sessions, exchanges } = await standing(prepared, runId, stop.signal)
    const folder = await openRunFolder(
      flags.runs,
      runHead({
        turnpike: version(),
        runId,
        startedAt: new Date().toISOString(),
        target: prepared.isModule ? prepared.name : target.base.href.replace(/\/$/, ''),
        contract: prepared.file,
        plan,
        attacks,
        options: {
          seed: pace.seed,
          safe: flags.safe ?? false,
          only: flags.only === undefined ? [] : flags.only.split(',').map((each) => each.trim()),
          limits: pace.limits,
        },
      }),
    )
    for (const exchange of exchanges) folder.appendExchange(exchange)
    const bar = progressBar(process.stderr)
    const options = {
      attacks,
      limits: pace.limits,
      concurrency: pace.concurrency,
      safe: flags.safe ?? false,
      seed: pace.seed,
      callback: prepared.callback,
      signer: prepared.signer,
      signal: stop.signal,
    }
    const result = await prove(plan, target, {
      ...options,
      sessions,
      runId,
      before: exchanges.length,
      ...(cases === undefined ? {} : { wanted: (one, it) => cases.has(caseId(one, it)) }),
      ...(earlier === null ? {} : { done: settledResults(earlier) }),
      onExchange: (exchange) => folder.appendExchange(exchange),
      onResult: (one, progress) => {
        folder.appendResult(one)
        bar.step(one, progress)
      },
    })
    bar.end()
    const results =
      flags.calibrate && !result.interrupted
        ? await calibrateRun({ ...prepared, plan }, options, result.results)
        : result.results
    const code = await reportRun(await folder.finish({ ...result, results }), folder.path, flags)
    return result.interrupted ? stop.code() : code
  } finally {
    stop.restore()
  }
}
