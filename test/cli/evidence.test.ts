import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { sampleRun } from '../prover/report/sample-run.ts'
import { capturePrinted } from './printed.ts'

let base: string
let out: string
let printed: ReturnType<typeof capturePrinted>

beforeAll(async () => {
  ;({ base } = await sampleRun())
})
afterAll(() => rm(base, { recursive: true }))
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), 'turnpike-evidence-'))
  printed = capturePrinted()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(out, { recursive: true })
})

const evidence = (...args: string[]) =>
  runCli(['evidence', ...args, '--out', out, '--runs', base, '--baseline', join(out, 'none.json')])
const read = (name: string) => readFile(join(out, name), 'utf8')

describe('turnpike evidence', () => {
  it('writes the run, the risks and what was not tested, each file with its hash', async () => {
    expect(await evidence()).toBe(0)
    const sums = (await read('SHA256SUMS')).trimEnd().split('\n')
    expect(sums).toHaveLength(4)
    for (const line of sums) {
      const [sum, name = ''] = line.split('  ')
      expect(
        createHash('sha256')
          .update(await read(name))
          .digest('hex'),
      ).toBe(sum)
    }
    expect((await readdir(out)).sort()).toEqual([
      'SHA256SUMS',
      'evidence.html',
      'evidence.json',
      'report.html',
      'report.json',
    ])
    const told = JSON.parse(await read('evidence.json'))
    expect(told).toMatchObject({ version: 1, scope: { title: 'Notes', attacks: 3 }, access: null, checklist: null })
    expect(told.commit).toMatch(/^(?:[0-9a-f]{40}(?: with uncommitted changes)?|unknown)$/)
    expect(told.versions).toMatchObject({ node: process.version })
    expect(told.risks).toHaveLength(10)
    expect(told.open.map(({ why }: { why: string }) => why)).toContain('needs a clock; add one')
    expect(told.asvs).toContainEqual({
      id: '8.2.2',
      rules: [],
      attacks: expect.arrayContaining([
        { id: 'note-read', title: "Another user reads somebody's note", state: 'broken' },
      ]),
    })
    const page = await read('evidence.html')
    for (const part of [
      'Security evidence: Notes',
      'held against 1 attack',
      'needs a clock; add one',
      'No api module was named',
    ])
      expect(page).toContain(part)
    expect(page).not.toMatch(/proven|<script/)
  })

  it('adds the access matrix, the rules and the checklist of an api module', async () => {
    expect(await evidence('examples/billing/api.ts', '--data', join(out, 'none'))).toBe(0)
    const told = JSON.parse(await read('evidence.json'))
    expect(told.access.columns).toContain('owner')
    expect(told.checklist.length).toBeGreaterThan(10)
    const [objects] = told.asvs.filter(({ id }: { id: string }) => id === '8.2.2')
    expect(objects.rules.length).toBeGreaterThan(0)
    const page = await read('evidence.html')
    expect(page).toContain('Who may call what')
    expect(page).toContain('no fault found')
  })

  it('is a wrong use without a run', async () => {
    expect(await runCli(['evidence', '--out', out, '--runs', join(out, 'nothing')])).toBe(2)
    expect(printed.err).toContain('there is no run')
  })
})
