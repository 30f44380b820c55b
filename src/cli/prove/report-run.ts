import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from '../../base/clock.ts'
import { type Assessment, assess, failing, updateBaseline } from '../../prover/report/assessment.ts'
import { type Baseline, EMPTY_BASELINE, formatBaseline, parseBaseline } from '../../prover/report/baseline.ts'
import { formatHar } from '../../prover/report/har.ts'
import { formatHtml } from '../../prover/report/html.ts'
import { formatJson } from '../../prover/report/json.ts'
import { formatJunit } from '../../prover/report/junit.ts'
import { readRunFolder } from '../../prover/report/run-folder.ts'
import type { RunRecord } from '../../prover/report/run-record.ts'
import { formatSarif } from '../../prover/report/sarif.ts'
import { formatTerminal } from '../../prover/report/terminal.ts'
import { visible } from '../../prover/report/visible.ts'
import { terminalPaint } from '../terminal-paint.ts'
import { WrongUse } from '../wrong-use.ts'
import { contractSources } from './contract-sources.ts'
import { type ProveFlags, severityOf } from './prove-options.ts'

export type ReportFlags = Pick<
  ProveFlags,
  'baseline' | 'updateBaseline' | 'failOn' | 'json' | 'sarif' | 'junit' | 'html' | 'harOut'
>

/**
 * Prints the report and writes those that were asked for.
 * @param path - The run's folder.
 * @returns 0 held, 1 findings at or above `--fail-on` that are not accepted, 2 when nothing came to a conclusion.
 */
export async function reportRun(run: RunRecord, path: string, flags: ReportFlags): Promise<number> {
  const baseline = await readBaseline(flags.baseline)
  const assessment = assess(run, systemClock, baseline)
  const paint = terminalPaint()
  const isEmpty = !run.results.some(({ outcome }) => outcome === 'pass' || outcome === 'fail')
  if (isEmpty) process.stdout.write(`${nothingTested(assessment)}\n\n`)
  process.stdout.write(formatTerminal(assessment, paint === null ? {} : { paint }))
  await writeReports(assessment, path, flags)
  if (flags.updateBaseline === true)
    await written(flags.baseline, formatBaseline(updateBaseline(baseline, assessment, systemClock)))
  process.stdout.write(`\nThe run is kept in ${path}; turnpike prove report makes its reports again.\n`)
  if (isEmpty) return 2
  return failing(assessment, severityOf(flags.failOn)).length > 0 ? 1 : 0
}

/** Said first: silence must not read as held. */
function nothingTested({ run, reasons }: Assessment): string {
  const [widest] = reasons
  const why = run.interrupted ? 'the run was stopped before it came to anything' : widest?.why
  const next = run.interrupted || !/^https?:/.test(run.target) ? '' : `\nTry: turnpike prove --check ${run.target}`
  return `Nothing could be tested${why === undefined ? '' : `: ${visible(why)}`}${next}`
}

/** @throws {WrongUse} When the file is no baseline, or cannot be read: an empty one in its place would be written over it. */
export async function readBaseline(path: string): Promise<Baseline> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new WrongUse(`${path} cannot be read (${error.code ?? error.message})`, { cause: error })
  })
  if (text === null) return EMPTY_BASELINE
  try {
    return parseBaseline(text)
  } catch (error) {
    throw new WrongUse(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function writeReports(assessment: Assessment, path: string, flags: ReportFlags): Promise<void> {
  const wanted: readonly (readonly [string | undefined, () => string | Promise<string>])[] = [
    [flags.json, () => formatJson(assessment)],
    [flags.sarif, async () => formatSarif(assessment, { sources: await contractSources(assessment.run.contract) })],
    [flags.junit, () => formatJunit(assessment)],
    [flags.html, () => formatHtml(assessment)],
    [flags.harOut, async () => formatHar(await readRunFolder(path, 'all'))],
  ]
  for (const [file, make] of wanted) {
    if (file === undefined) continue
    await written(file, await make(), 0o600)
    process.stderr.write(`wrote ${file}\n`)
  }
}

async function written(file: string, text: string, mode = 0o666): Promise<void> {
  await writeFile(file, text, { mode }).catch((error: Error) => {
    throw new WrongUse(`"${file}" cannot be written: ${error.message}`, { cause: error })
  })
}
