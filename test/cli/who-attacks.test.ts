import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readProveConfig } from '../../src/cli/prove/who-attacks.ts'

const DEMO = 'http://127.0.0.1:3000'
const before = process.cwd()
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnpike-who-'))
  mkdirSync(join(folder, 'data'))
  const people = [{ name: 'alice', username: 'prover-alice@example.com', password: 'Aa1-of-the-demo' }]
  writeFileSync(join(folder, 'data', 'prove-identities.json'), JSON.stringify({ identities: people }), { mode: 0o600 })
  process.chdir(folder)
})
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

const names = async (flags: object, target: string | undefined) =>
  (await readProveConfig({ runs: '', baseline: '', failOn: 'low', ...flags }, target))?.planConfig.identities.map(
    ({ name }) => name,
  ) ?? []

it('takes the people of the demo where a local API is attacked and nobody else is named', async () => {
  expect(await names({}, DEMO)).toEqual(['alice'])
})

it.each([
  ['somebody is named', { as: ['bob=token'] }, DEMO],
  ['the API is told by a document of its own', { openapi: 'openapi.yaml' }, DEMO],
  ['the API is told by a recording', { har: 'alice.har' }, DEMO],
  ['the API is on another machine', {}, 'https://api.example.com'],
  ['a module brings people of its own', {}, 'api.ts'],
  ['nothing is named', {}, undefined],
])('shows the passwords of the demo to nobody else: %s', async (_why, flags, target) => {
  expect(await names(flags, target)).toEqual([])
})
