import { latestRun, readRunFolder } from '../../prover/report/run-folder.ts'
import type { RunRecord } from '../../prover/report/run-record.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import { type ReportFlags, reportRun } from './report-run.ts'

/** `turnpike prove report [run]`: the reports of a run that was, without running again. */
export async function runProveReport(
  named: string | undefined,
  flags: ReportFlags & { readonly runs: string },
): Promise<number> {
  try {
    const { run, path } = await keptRun(named, flags.runs)
    return await reportRun(run, path, flags)
  } catch (error) {
    return wrongUse(error)
  }
}

/** The run of this folder, or the last one. @throws {WrongUse} When there is none. */
export async function keptRun(
  named: string | undefined,
  runs: string,
): Promise<{ readonly run: RunRecord; readonly path: string }> {
  const path = named ?? (await latestRun(runs))
  if (path === null)
    throw new WrongUse(`there is no run in ${runs}; run turnpike prove first, or name the folder of a run`)
  try {
    return { run: await readRunFolder(path), path }
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error), { cause: error })
  }
}
