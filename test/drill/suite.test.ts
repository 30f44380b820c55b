import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import notes from '../../examples/first-api/api.ts'
import { runCli } from '../../src/cli/program.ts'
import { createHandler } from '../../src/server/index.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { capturePrinted } from '../cli/printed.ts'
import { fakeIdentity } from '../support/fake-identity.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const SUITE = `"${process.execPath}" --import tsx --conditions=source test/drill/fixtures/suite.ts`

async function drilled(...args: string[]) {
  const printed = capturePrinted()
  const code = await runCli(['drill', 'examples/first-api/api.ts', ...args])
  vi.restoreAllMocks()
  return { code, ...printed }
}

it("drills a team's own tests: what they notice, what another layer holds, what survives", {
  timeout: 120_000,
}, async () => {
  const only = 'access-open POST /v1/notes,owner-check-true,headers-off'
  const { code, out } = await drilled('--run', SUITE, '--only', only, '--json')
  expect(JSON.parse(out).results).toMatchObject([
    { id: 'access-open POST /v1/notes', outcome: 'killed', by: ['exits with 1'] },
    { id: 'owner-check-true GET /v1/notes/:note', outcome: 'held', by: ['reply rows'] },
    { id: 'headers-off', outcome: 'survived' },
  ])
  expect(code).toBe(1)
})

it.each([
  ['a suite that is red already', 'exit 3', 'exits with 3 with every protection in place'],
  ['a suite that never starts the trial', 'exit 0', 'does not start the API with startTrial'],
])('refuses %s', async (_what, command, said) => {
  const { code, err } = await drilled('--run', command, '--only', 'limit-gone')
  expect(code).toBe(2)
  expect(err).toContain(said)
})

it('does not wait for ever for a suite, and takes no run that was ended for a verdict', {
  timeout: 60_000,
}, async () => {
  const slow = 'case "$TURNPIKE_DRILL" in "") exit 0;; no*) exit 1;; *) sleep 30;; esac'
  const { code, out } = await drilled('--run', slow, '--only', 'limit-gone GET /v1/notes/:note', '--timeout', '0.2')
  expect(out).toContain('not tried')
  expect(out).toContain('the command took too long')
  expect(code).toBe(0)
})

it('refuses a time that is none', async () => {
  expect(await drilled('--timeout', 'soon')).toMatchObject({ code: 2, err: expect.stringContaining('--timeout') })
})

it('takes nothing away from a product, whatever the variable says', async () => {
  vi.stubEnv('TURNPIKE_DRILL', 'access-open POST /v1/notes')
  const mounted = await createHandler(notes, { state: memoryState(), identity: fakeIdentity, environment: 'test' })
  const server = createServer(mounted.handler)
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  try {
    const { port } = server.address() as AddressInfo
    const answer = await fetch(`http://127.0.0.1:${port}/v1/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"of nobody"}',
    })
    expect(answer.status).toBe(401)
  } finally {
    await new Promise((done) => void server.close(done))
    await mounted.close()
  }
})

it('is the only one that reads the variable', async () => {
  const files = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'))
  const readers: string[] = []
  for (const name of files)
    if ((await readFile(join('src', name), 'utf8')).includes('TURNPIKE_DRILL')) readers.push(name)
  expect(readers.filter((name) => !name.startsWith('drill/'))).toEqual([])
  expect(readers).toContain(join('drill', 'drill-name.ts'))
})
