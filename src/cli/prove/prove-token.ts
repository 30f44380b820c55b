import { openRun } from '../../prover/prove.ts'
import { NotTested } from '../../prover/verdict.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import type { ProveFlags } from './prove-options.ts'
import { prepare } from './prove-target.ts'

/** `turnpike prove token <identity> [target]`: prints a fresh credential and nothing else, for the curl lines of a report. */
export async function runProveToken(name: string, target: string | undefined, flags: ProveFlags): Promise<number> {
  try {
    const prepared = await prepare(target, flags)
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
    })
    try {
      const { token, headers } = await run.identity(name).session()
      process.stdout.write(`${token ?? headers.map(([header, value]) => `${header}: ${value}`).join('\n')}\n`)
      return 0
    } catch (error) {
      if (error instanceof NotTested) throw new WrongUse(error.message, { cause: error })
      throw error
    } finally {
      await close()
      await prepared.close()
    }
  } catch (error) {
    return wrongUse(error)
  }
}
