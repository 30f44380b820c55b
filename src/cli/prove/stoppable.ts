/** A stop from outside. */
export interface Stop {
  readonly signal: AbortSignal
  /** Exit code of what was stopped: 128 and the number of the signal, as shells have it. */
  code(): number
  restore(): void
}

/** npm passes a Ctrl-C on that the terminal has sent already: what comes so soon is the same one. */
const SAME_MILLISECONDS = 400

/** The first Ctrl-C ends the run and still writes the report; the second ends the process. */
export function stoppable(): Stop {
  const controller = new AbortController()
  let code = 130
  let at = 0
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      if (performance.now() - at > SAME_MILLISECONDS) process.exit(code)
      return
    }
    at = performance.now()
    code = signal === 'SIGTERM' ? 143 : 130
    process.stderr.write('\nstopping; the report of what was done follows (Ctrl-C again ends at once)\n')
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    code: () => code,
    restore() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
