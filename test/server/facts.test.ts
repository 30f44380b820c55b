import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Demo, startDemo } from '../../examples/billing/server.ts'
import { runCli } from '../../src/cli/program.ts'
import { readFacts } from '../../src/server/recorded-facts.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-facts-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function factsOf(dangerouslyWithoutRowSecurity: boolean) {
  const demo: Demo = await startDemo({ folder, port: 0, dangerouslyWithoutRowSecurity, serve: { logLevel: 'silent' } })
  await demo.close()
  return await readFacts(folder)
}

describe('the facts that a start records for review', () => {
  it('say what runs, readable for their owner alone, and no more', async () => {
    const facts = await factsOf(false)
    expect(facts?.layers).toEqual({ rowSecurity: true })
    expect(facts?.identity).toMatchObject({ passwords: 'argon2id, 19456 KiB, 2 passes', tokenGaps: [] })
    expect(facts?.identity.tokens).toEqual({ algorithms: ['EdDSA'], lifetimeSeconds: 900 })
    expect(facts?.callers).toEqual({ origins: [], trustedProxies: [] })
    expect((await stat(join(folder, 'facts.json'))).mode & 0o077).toBe(0)
  })

  it('notice a context without row-level security', async () => {
    expect((await factsOf(true))?.layers).toEqual({ rowSecurity: false })
  })

  it('are ignored when the file is not ours', async () => {
    await writeFile(join(folder, 'facts.json'), '{"layers":{"rowSecurity":true}}')
    expect(await readFacts(folder)).toBeNull()
  })
})

describe('turnpike review', () => {
  it('does not judge one API by the facts of another', async () => {
    await factsOf(false)
    expect((await readFacts(folder))?.title).toBe('Billing')
    const written: string[] = []
    const spies = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')]
    for (const spy of spies) spy.mockImplementation((text) => written.push(String(text)) > 0)
    await runCli(['review', 'examples/first-api/api.ts', '--data', folder])
    for (const spy of spies) spy.mockRestore()
    const text = written.join('')
    expect(text).toContain('served another API (Billing)')
    expect(text).not.toContain('row-level security')
  })
})
