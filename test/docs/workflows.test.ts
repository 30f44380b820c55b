import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Workflow {
  readonly on: unknown
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}
interface Job {
  readonly 'runs-on': string
  readonly 'timeout-minutes': number
  readonly permissions?: Readonly<Record<string, string>>
  readonly strategy?: { readonly matrix: { readonly node: readonly number[] } }
  readonly steps: readonly {
    readonly uses?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, string>>
  }[]
}

const inDocs = [...read('docs/ci.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text as string)
const own = parse(read('.github/workflows/ci.yml')) as Workflow
const workflows: readonly (readonly [string, Workflow])[] = [
  ['.github/workflows/ci.yml', own],
  ...inDocs.map((text, index) => [`docs/ci.md ${index + 1}`, parse(text) as Workflow] as const),
]

describe.each(workflows)('%s', (_, workflow) => {
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  it('has bounded jobs with actions of a stated major version, and no more rights than it needs', () => {
    expect(jobs.length).toBeGreaterThan(0)
    for (const job of jobs) {
      expect(job['runs-on']).toBe('ubuntu-latest')
      expect(job['timeout-minutes']).toBeGreaterThan(0)
      const rights = job.permissions ?? workflow.permissions ?? {}
      const uploads = job.steps.some(({ uses }) => uses?.includes('upload-sarif'))
      expect(rights).toEqual(uploads ? { contents: 'read', 'security-events': 'write' } : { contents: 'read' })
    }
    for (const { uses, run } of steps) {
      expect([uses, run].filter((each) => each !== undefined)).toHaveLength(1)
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w/-]+@v\d+$/)
    }
  })

  it('uploads only what a step wrote', () => {
    const commands = steps.map(({ run = '' }) => run).join('\n')
    for (const { with: given = {} } of steps)
      for (const file of [given.sarif_file, given.path]) if (file !== undefined) expect(commands).toContain(` ${file}`)
  })
})

it('the own workflow runs every step, on every supported Node', () => {
  expect(own.jobs.test?.strategy?.matrix.node).toEqual([20, 22, 24])
  const commands = Object.values(own.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []))
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts)
  const named = commands.flatMap((command) => /^npm run ([\w:]+)$/.exec(command)?.[1] ?? [])
  expect(named).toEqual(expect.arrayContaining(['check', 'build', 'check:secrets']))
  expect(scripts).toEqual(expect.arrayContaining(named))
  for (const word of ['npm test', ' review ', ' diff ', ' prove ', ' drill ', 'scripts/audit.ts'])
    expect(
      commands.some((command) => command.includes(word)),
      word,
    ).toBe(true)
})
