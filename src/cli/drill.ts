import { drill, hasSurvivors } from '../drill/drill.ts'
import { formatDrill } from '../drill/format-drill.ts'
import { defaultTrial } from '../drill/trial.ts'
import { StartupError } from '../gate.ts'
import { loadApi } from './load-api.ts'
import { terminalPaint } from './terminal-paint.ts'
import { WrongUse, wrongUse } from './wrong-use.ts'

export interface DrillFlags {
  readonly only?: string
  readonly json?: boolean
  readonly strict?: boolean
}

/** `turnpike drill <api module>`. @returns 0 when nothing survived, 1 when something did, 2 for wrong use. */
export async function runDrill(file: string, flags: DrillFlags): Promise<number> {
  try {
    const { api, trial } = await loadApi(file)
    const only = flags.only?.split(',').map((each) => each.trim()) ?? []
    const quiet = process.stderr.isTTY !== true
    const report = await drill(trial ?? defaultTrial(api), {
      only,
      onResult: ({ id }, { done, total }) => {
        if (!quiet) process.stderr.write(`\r\u001b[2K${done}/${total} ${id}${done === total ? '\r\u001b[2K' : ''}`)
      },
    }).catch((error: unknown) => {
      throw error instanceof StartupError ? new WrongUse(error.message, { cause: error }) : error
    })
    if (report.results.length === 0)
      throw new WrongUse(`--only ${only.join(',')} names no protection of this contract; name a kind, an id or a risk`)
    const paint = terminalPaint()
    process.stdout.write(
      flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatDrill(report, paint === null ? {} : { paint }),
    )
    const counts = (outcome: string) => report.results.filter((each) => each.outcome === outcome).length
    return hasSurvivors(report) || (flags.strict === true && counts('untried') > 0) ? 1 : 0
  } catch (error) {
    return wrongUse(error)
  }
}
