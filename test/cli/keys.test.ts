import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { runCli } from '../../src/cli/program.ts'
import { fileTokenKeys } from '../../src/identity/file-token-keys.ts'
import { rotateTokenKeys, type TokenKeys } from '../../src/identity/token-keys.ts'
import { fileKeyRing, type KeyRing } from '../../src/vault/index.ts'
import { capturePrinted } from './printed.ts'

let data: string
let ring: KeyRing
let printed: ReturnType<typeof capturePrinted>
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'turnpike-keys-'))
  ring = await fileKeyRing(join(data, 'keys.json')).create()
  await file().create(ring)
  printed = capturePrinted()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(data, { recursive: true })
})

const file = () => fileTokenKeys(join(data, 'token-keys.json'))
const kept = async () => (await file().load(ring)) as TokenKeys
const run = (...args: readonly string[]) => runCli(['keys', ...args, '--data', data])
const statesOf = async () => (await kept()).all.map(({ alg, state }) => `${alg} ${state}`)

it('lists names, algorithms and states, and no key', async () => {
  const { active } = await kept()
  expect(await run('list')).toBe(0)
  expect(printed.out).toBe(`${active.kid.padEnd(14)} EdDSA  active\n`)
  const { d, x } = JSON.parse(active.jwk.reveal())
  expect(printed.out).not.toContain(d)
  expect(printed.out).not.toContain(x)
})

it('rotates to another algorithm, and keeps the old key for what it signed', async () => {
  expect(await run('rotate', '--alg', 'ES256', '--json')).toBe(0)
  expect(await statesOf()).toEqual(['ES256 active', 'EdDSA verifying'])
  const [active, old] = JSON.parse(printed.out)
  expect([active.verifyingSince, Date.now() - Date.parse(old.verifyingSince) < 60_000]).toEqual([null, true])
})

it('retires a key only when nothing that it signed can be in use, or when told to', async () => {
  const { kid } = (await kept()).active
  expect(await run('retire', kid)).toBe(2)
  expect(printed.err).toContain('is the active token key')
  await run('rotate')
  expect(await run('retire', kid)).toBe(2)
  expect(printed.err).toMatch(/may still be in use until 20\d\d-\S+Z; wait, or end them with --now/)
  expect(await statesOf()).toEqual(['EdDSA active', 'EdDSA verifying'])
  expect(await run('retire', kid, '--now')).toBe(0)
  expect(await statesOf()).toEqual(['EdDSA active', 'EdDSA retired'])
})

it('retires a key whose last token ran out', async () => {
  const before = await kept()
  await file().save(ring, await rotateTokenKeys(before, 'EdDSA', new Date(Date.now() - 2 * 3_600_000)))
  expect(await run('retire', before.active.kid)).toBe(0)
})

it.each([
  [['retire', 'nobody'], 'there is no token key "nobody"'],
  [['rotate', '--alg', 'none'], '--alg is none; it must be one of EdDSA'],
])('refuses %j and changes nothing', async (args, reason) => {
  const text = await readFile(join(data, 'token-keys.json'), 'utf8')
  expect(await run(...args)).toBe(2)
  expect(printed.err).toContain(reason)
  expect(await readFile(join(data, 'token-keys.json'), 'utf8')).toBe(text)
})

it('says which folder it needs', async () => {
  expect(await runCli(['keys', 'list', '--data', join(data, 'elsewhere')])).toBe(2)
  expect(printed.err).toContain('name the data folder of the server')
})
