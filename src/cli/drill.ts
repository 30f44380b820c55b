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
  /** A command line. */
  readonly run?: string
  /** Seconds. */
  readonly timeout?: string
}

/** `turnpike drill <api module>`. @returns 0 when nothing survived, 1 when something did, 2 for wrong use. */
export async function runDrill(file: string, flags: DrillFlags): Promise<number> {
  try {
    const { api, trial } = await loadApi(file)
    const only = flags.only?.split(',').map((each) => each.trim()) ?? []
    const timeoutMilliseconds = secondsOf(flags.timeout ?? '300') * 1000
    const report = await drill(trial ?? defaultTrial(api), {
      only,
      ...(flags.run === undefined ? {} : { run: { command: flags.run, timeoutMilliseconds } }),
      onResult: ({ id }, progress) => showProgress(id, progress),
    }).catch((error: unknown) => {
      const isOurs =
        error instanceof StartupError ||
        (error instanceof TypeError && /^--run|with every protection in place/.test(error.message))
      throw isOurs ? new WrongUse(error.message, { cause: error }) : error
    })
    if (report.results.length === 0)
      throw new WrongUse(`--only ${only.join(',')} names no protection of this contract; name a kind, an id or a risk`)
    const paint = terminalPaint()
    process.stdout.write(
      flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatDrill(report, paint === null ? {} : { paint }),
    )
    const isUntried = report.results.some(({ outcome }) => outcome === 'untried')
    return hasSurvivors(report) || (flags.strict === true && isUntried) ? 1 : 0
  } catch (error) {
    return wrongUse(error)
  }
}

function showProgress(id: string, { done, total }: { readonly done: number; readonly total: number }): void {
  if (process.stderr.isTTY !== true) return
  process.stderr.write(`\r\u001b[2K${done}/${total} ${id}${done === total ? '\r\u001b[2K' : ''}`)
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 86_400)) throw new WrongUse(`--timeout is "${text}"; write seconds, such as 300`)
  return seconds
}
