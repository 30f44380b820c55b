import { randomUUID } from 'node:crypto'
import { openRun } from '../../prover/prove.ts'
import { latestRun, readRunFolder } from '../../prover/report/run-folder.ts'
import { Inconclusive, NotTested } from '../../prover/verdict.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import type { ProveFlags } from './prove-options.ts'
import { prepare } from './prove-target.ts'

/** `turnpike prove token <identity> [target]`: prints a fresh credential and nothing else, for the curl lines of a report. */
export async function runProveToken(name: string, given: string | undefined, flags: ProveFlags): Promise<number> {
  try {
    const prepared = await prepare(given ?? (await lastTarget(flags)), flags, randomUUID())
    if (prepared.isModule) {
      await prepared.close()
      throw new WrongUse('an api module runs in memory for the time of a run; name the URL of a running API')
    }
    const { plan, pace } = prepared
    const { run, close } = openRun(plan, prepared.target, {
      limits: { ...pace.limits, allowWrites: true },
      concurrency: 1,
      safe: true,
      seed: 1,
      callback: null,
      sessions: prepared.sessions,
    })
    try {
      const { token, headers } = await run.identity(name).session()
      process.stdout.write(`${token ?? headers.map(([header, value]) => `${header}: ${value}`).join('\n')}\n`)
      return 0
    } catch (error) {
      if (error instanceof NotTested || error instanceof Inconclusive)
        throw new WrongUse(error.message, { cause: error })
      throw error
    } finally {
      await close()
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}

/** The URL of the last run; undefined where there is none, so that `turnpike.yaml` counts. */
async function lastTarget({ runs }: ProveFlags): Promise<string | undefined> {
  const path = await latestRun(runs)
  const run = path === null ? null : await readRunFolder(path).catch(() => null)
  return run !== null && /^https?:/.test(run.target) ? run.target : undefined
}
