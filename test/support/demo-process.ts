import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** How the tests run the `turnpike` command: from the sources, without the colours and settings of whoever runs them. */
export const TURNPIKE = {
  folder: fileURLToPath(new URL('../..', import.meta.url)),
  command: [
    process.execPath,
    '--import',
    'tsx',
    '--conditions=source',
    fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
  ],
  env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, NO_COLOR: '1' },
} as const

const READY = /Billing listens on (http:\/\/127\.0\.0\.1:\d+)[\s\S]+Five lines to try:(?:\n {2}.+){5}\n/

/** Of everybody in the demo, where a test starts it. */
export const DEMO_PASSWORD = 'Marble-17-Kite'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Command {
  readonly pid: number
  /** What it has printed so far. */
  printed(): { readonly stdout: string; readonly stderr: string }
  /** Resolves with what `pattern` found on standard output. @throws When the process ends before. */
  line(pattern: RegExp): Promise<RegExpExecArray>
  /** To this process alone. */
  signal(name: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** `turnpike …` in a process of its own. */
export function turnpike(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const [program = '', ...before] = TURNPIKE.command
  return watched(
    spawn(program, [...before, ...args], {
      cwd: TURNPIKE.folder,
      env: { ...TURNPIKE.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
}

function watched(child: ChildProcess): Command {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
  return {
    pid: child.pid as number,
    printed: () => ({ stdout, stderr }),
    ended,
    signal: (name) => void child.kill(name),
    line(pattern) {
      return new Promise((done, failed) => {
        const look = () => {
          const found = pattern.exec(stdout)
          if (found) done(found)
        }
        child.stdout?.on('data', look)
        child.once('close', () => failed(new Error(`it ended without ${String(pattern)}:\n${stdout}${stderr}`)))
        look()
      })
    },
  }
}

export interface RunningDemo extends Command {
  readonly url: string
}

/** The demo on a folder, listening. */
export async function startDemoProcess(data: string, env: Readonly<Record<string, string>> = {}): Promise<RunningDemo> {
  const command = turnpike(['demo'], { PORT: '0', DATA: data, DEMO_PASSWORD, ...env })
  const [, url] = await command.line(READY)
  return { ...command, url: url as string }
}
