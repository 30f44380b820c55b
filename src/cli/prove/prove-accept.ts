import { writeFile } from 'node:fs/promises'
import { systemClock } from '../../base/clock.ts'
import { accept, formatBaseline } from '../../prover/report/baseline.ts'
import { findingsOf } from '../../prover/report/findings.ts'
import { WrongUse, wrongUse } from '../wrong-use.ts'
import { keptRun } from './prove-report.ts'
import { readBaseline } from './report-run.ts'

export interface AcceptFlags {
  readonly reason?: string
  readonly until?: string
  readonly baseline: string
  readonly runs: string
}

/** `turnpike prove accept <finding>`: writes into the baseline that a finding is known and may stay for a while. */
export async function runProveAccept(id: string, { reason, until, baseline, runs }: AcceptFlags): Promise<number> {
  try {
    if (reason === undefined || until === undefined)
      throw new WrongUse('an acceptance needs --reason "why it may stay" and --until 2027-03-31')
    const known = await readBaseline(baseline)
    const findings = await keptRun(undefined, runs).then(
      ({ run }) => findingsOf(run),
      () => [],
    )
    const changed = accepted(() => accept(known, findings, { id, reason, until }, systemClock))
    await writeFile(baseline, formatBaseline(changed))
    process.stdout.write(`${id} is accepted until ${until}; commit ${baseline}\n`)
    return 0
  } catch (error) {
    return wrongUse(error)
  }
}

function accepted<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new WrongUse(error.message, { cause: error })
    throw error
  }
}
