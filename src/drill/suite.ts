import { spawn } from 'node:child_process'
import { DRILL_VARIABLE, type Gone, nameOf } from './drill-name.ts'
import type { Shot } from './range.ts'

export interface SuiteOptions {
  /** One run is ended after so many milliseconds, and says nothing. */
  readonly timeoutMilliseconds: number
  readonly signal?: AbortSignal
}

/** A team's own tests, as a command. */
export interface Suite {
  shoot(gone: readonly Gone[]): Promise<Shot>
}

const NO_PROTECTION = 'no such protection'

/**
 * Takes a command into a drill: green as it is, and red when it is told to take away what nobody has, which shows that it starts the trial.
 * @throws {TypeError} Where it is not so.
 */
export async function openSuite(command: string, options: SuiteOptions): Promise<Suite> {
  const plain = await run(command, null, options)
  if (plain.ending !== 0)
    throw new TypeError(
      `--run "${command}" ${told(plain)} with every protection in place; mend that first:\n${plain.tail}`,
    )
  const lost = await run(command, NO_PROTECTION, options)
  if (lost.ending === 0)
    throw new TypeError(
      `--run "${command}" does not start the API with startTrial(…) of turnpike/drill, so nothing can be taken away from it; see docs/drill.md`,
    )
  return {
    async shoot(gone) {
      const ended = await run(command, nameOf(gone), options)
      const isDecided = typeof ended.ending === 'number'
      return {
        through: isDecided && ended.ending !== 0 ? [told(ended)] : [],
        decided: isDecided ? 1 : 0,
        reasons: isDecided ? [] : [`the command ${told(ended)}`],
        refusals: [],
      }
    },
  }
}

interface Ended {
  /** Exit code; or that it was ended. */
  readonly ending: number | 'timeout' | 'signal'
  /** The end of what it printed. */
  readonly tail: string
}

const told = ({ ending }: Ended): string =>
  typeof ending === 'number' ? `exits with ${ending}` : ending === 'timeout' ? 'took too long' : 'was ended by a signal'

const TAIL_CHARACTERS = 2000

/** The command line is the user's own, as he would type it. */
function run(command: string, name: string | null, { timeoutMilliseconds, signal }: SuiteOptions): Promise<Ended> {
  const { [DRILL_VARIABLE]: _, ...env } = process.env
  return new Promise((done, fail) => {
    const child = spawn(command, {
      shell: true,
      env: name === null ? env : { ...env, [DRILL_VARIABLE]: name },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what the command starts ends with it.
      detached: process.platform !== 'win32',
    })
    let [tail, isLate] = ['', false]
    const keep = (chunk: Buffer) => {
      tail = (tail + chunk.toString('utf8')).slice(-TAIL_CHARACTERS)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const stop = () => endGroup(child.pid)
    const timer = setTimeout(() => {
      isLate = true
      stop()
    }, timeoutMilliseconds)
    signal?.addEventListener('abort', stop, { once: true })
    child.once('error', fail)
    child.once('close', (code) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      done({ ending: isLate ? 'timeout' : (code ?? 'signal'), tail })
    })
  })
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGTERM')
  } catch {
    // It has ended already.
  }
}
