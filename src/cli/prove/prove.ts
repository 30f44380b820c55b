import { randomUUID } from 'node:crypto'
import { caseId, prove } from '../../prover/prove.ts'
import { findingsOf } from '../../prover/report/findings.ts'
import { latestRun, openRunFolder, readRunFolder, settledResults } from '../../prover/report/run-folder.ts'
import { type RunHead, type RunRecord, runHead } from '../../prover/report/run-record.ts'
import { version } from '../version.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import { printCheck, printPlan, writeFirstConfig } from './before.ts'
import { calibrateRun } from './calibrate-run.ts'
import { progressBar } from './progress-bar.ts'
import { chosenAttacks, type ProveFlags, severityOf } from './prove-options.ts'
import { keptRun } from './prove-report.ts'
import { type Prepared, prepare } from './prove-target.ts'
import { reportRun } from './report-run.ts'

/**
 * `turnpike prove <target>`: attacks a running API from its contract, or an api module in memory.
 * @returns 0 held, 1 findings at or above `--fail-on`, 2 wrong use.
 */
export async function runProve(name: string | undefined, flags: ProveFlags): Promise<number> {
  try {
    severityOf(flags.failOn)
    const attacks = chosenAttacks(flags.only)
    if (flags.init) return await writeFirstConfig(name, flags)
    const earlier = await resumed(flags)
    const prepared = await prepare(name ?? earlier?.target, flags)
    try {
      if (flags.plan) return printPlan(prepared, attacks)
      if (flags.check) return await printCheck(prepared)
      return await attack(prepared, attacks, flags, earlier)
    } finally {
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}

/**
 * `turnpike prove retest <finding>`: set-up, controls and attack of one finding of the last run, again.
 * @returns 0 when it is held now, 1 when it still goes through, 2 for wrong use.
 */
export async function runProveRetest(id: string, name: string | undefined, flags: ProveFlags): Promise<number> {
  try {
    const { run } = await keptRun(undefined, flags.runs)
    const finding = findingsOf(run).find((each) => each.id === id)
    if (!finding) throw new WrongUse(`the last run has no finding ${id}; turnpike prove report lists those that it has`)
    const prepared = await prepare(name ?? run.target, flags)
    try {
      return await attack(prepared, chosenAttacks(finding.attack.id), flags, null, new Set(finding.cases))
    } finally {
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}

/** @param cases - Ids of the only cases to run. */
async function attack(
  prepared: Prepared,
  attacks: ReturnType<typeof chosenAttacks>,
  flags: ProveFlags,
  earlier: RunRecord | null,
  cases?: ReadonlySet<string>,
): Promise<number> {
  const { plan, target, pace, signer, callback, sessions } = prepared
  const head: RunHead = runHead({
    turnpike: version(),
    runId: earlier?.runId ?? randomUUID(),
    startedAt: new Date().toISOString(),
    target: prepared.isModule ? prepared.name : target.base.href.replace(/\/$/, ''),
    contract: prepared.file,
    plan,
    attacks,
    options: {
      seed: pace.seed,
      safe: flags.safe ?? false,
      only: flags.only === undefined ? [] : flags.only.split(','),
      limits: pace.limits,
    },
  })
  const folder = await openRunFolder(flags.runs, head)
  const bar = progressBar(process.stderr)
  const { signal, restore } = stoppable()
  try {
    const options = {
      attacks,
      limits: pace.limits,
      concurrency: pace.concurrency,
      safe: flags.safe ?? false,
      seed: pace.seed,
      callback,
      signer,
      signal,
    }
    const result = await prove(plan, target, {
      ...options,
      sessions,
      runId: head.runId,
      ...(cases === undefined ? {} : { wanted: (one, it) => cases.has(caseId(one, it)) }),
      ...(earlier === null ? {} : { done: settledResults(earlier) }),
      onExchange: (exchange) => folder.appendExchange(exchange),
      onResult: (one, progress) => {
        folder.appendResult(one)
        bar.step(one, progress)
      },
    })
    bar.end()
    const results = flags.calibrate ? await calibrateRun(prepared, options, result.results) : result.results
    return await reportRun(await folder.finish({ ...result, results }), folder.path, flags)
  } finally {
    restore()
  }
}

async function resumed(flags: ProveFlags): Promise<RunRecord | null> {
  if (flags.resume === undefined || flags.resume === false) return null
  const path = typeof flags.resume === 'string' ? flags.resume : await latestRun(flags.runs)
  if (path === null) throw new WrongUse(`--resume: there is no run in ${flags.runs}`)
  return readRunFolder(path).catch((error: Error) => {
    throw new WrongUse(`--resume: ${error.message}`, { cause: error })
  })
}

/** The first Ctrl-C ends the run and still writes the report; the second ends the process. */
function stoppable(): { readonly signal: AbortSignal; restore(): void } {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write('\nstopping; the report of what was done follows (Ctrl-C again ends at once)\n')
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    restore() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
