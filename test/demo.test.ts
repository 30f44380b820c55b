import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PASSWORD, type RunningDemo, startDemoProcess, TURNPIKE } from './support/demo-process.ts'

const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).status !== 0)
const skipped = `skipped: ${missing.join(' and ')} missing; on Debian: apt-get install ${missing.join(' ')}`
const page = readFileSync(new URL('../docs/demo.md', import.meta.url), 'utf8')

interface Step {
  /** Where it stands in the page. */
  readonly title: string
  readonly commands: string
  readonly shown: string
  /** `server`: starts it. `stopped`: is typed after it was stopped. */
  readonly where: string
}

/** Every block of commands with the answers shown below it. */
const steps: readonly Step[] = [
  ...page.matchAll(/^```sh *(\w*)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```)?/gm),
].map(({ index, 1: where = '', 2: commands = '', 3: shown = '' }) => {
  const heading =
    page
      .slice(0, index)
      .match(/^#+ .*$/gm)
      ?.at(-1) ?? ''
  return { title: `${heading.replace(/^#+ /, '')}: ${commands.split('\n')[0]?.slice(0, 60)}`, commands, shown, where }
})

/** What differs each time, as the page writes it. */
function general(text: string): string {
  return text
    .replaceAll(/"(\w*[tT]oken)":"(?:ey|rt_|dt_)[\w.-]+"/g, '"$1":"<token>"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replaceAll(/ +\d+\.\d\d ms/g, ' <n> ms')
    .replaceAll(/\d+ records/g, '<n> records')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n')
}

describe.skipIf(missing.length > 0)(
  `docs/demo.md${missing.length > 0 ? ` (${skipped})` : ''}`,
  { timeout: 120_000 },
  () => {
    let root: string
    let demo: RunningDemo
    let shell: Shell
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'turnpike-page-'))
      demo = await startDemoProcess(join(root, 'data'))
      shell = openShell({ 'http://127.0.0.1:3000': demo.url, './data': join(root, 'data'), 'npx turnpike': 'turnpike' })
    }, 120_000)
    afterAll(() => {
      shell?.close()
      demo?.signal('SIGKILL')
      rmSync(root, { recursive: true, force: true })
    })

    it('starts the demo with the password of the page', () => {
      const [start] = steps
      expect(start).toMatchObject({ where: 'server', commands: `DEMO_PASSWORD='${DEMO_PASSWORD}' npm start\n` })
      expect(steps.filter(({ shown }) => shown !== '').length).toBeGreaterThan(12)
    })

    it.each(steps.slice(1).map((step) => [step.title, step] as const))('%s', async (_, { commands, shown, where }) => {
      if (where === 'stopped') {
        demo.signal('SIGINT')
        expect(await demo.ended).toMatchObject({ code: 0 })
      }
      expect(general(await shell.run(commands))).toBe(general(shown))
    })
  },
)

interface Shell {
  /** What the commands print on either stream. */
  run(commands: string): Promise<string>
  close(): void
}

/** One bash for the whole page, as a reader has one terminal. @param instead - What this run says instead of what the page says. */
function openShell(instead: Readonly<Record<string, string>>): Shell {
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd: TURNPIKE.folder, env: TURNPIKE.env, stdio: 'pipe' })
  let printed = ''
  let notify = () => {}
  for (const stream of [bash.stdout, bash.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      notify()
    })
  }
  bash.stdin.write(`exec 2>&1\nturnpike() { ${TURNPIKE.command.map((part) => `'${part}'`).join(' ')} "$@"; }\n`)
  let count = 0
  let fail = (_: Error) => {}
  bash.once('close', () => fail(new Error(`bash ended: ${printed}`)))
  return {
    close: () => bash.stdin.end(),
    run: (commands) =>
      new Promise((done, failed) => {
        const mark = `-- end of block ${++count} --`
        printed = ''
        notify = () => {
          if (printed.includes(mark)) done(printed.slice(0, printed.indexOf(mark)))
        }
        fail = failed
        const typed = Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, to), commands)
        bash.stdin.write(`${typed}\necho; echo '${mark}'\n`)
      }),
  }
}
