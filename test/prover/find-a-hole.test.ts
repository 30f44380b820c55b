import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { turnpike } from '../support/demo-process.ts'

const EXAMPLE = new URL('../../examples/plain-express/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, EXAMPLE), 'utf8')
const page = readFileSync(new URL('../../docs/find-a-hole.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text as string)

interface Shop {
  readonly url: string
  close(): Promise<void>
}

/** A shop of the example in a process of its own, with alice and bob signed up as the page does it. */
async function openShop(file: string): Promise<Shop> {
  const child = spawn(process.execPath, [file], {
    cwd: EXAMPLE,
    env: { PATH: process.env.PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((done, failed) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => done(text.trim()))
    child.once('close', (code) => failed(new Error(`${file} ended with ${code}`)))
  })
  const ended = new Promise<void>((done) => child.once('close', () => done()))
  for (const [, name, password] of read('turnpike.yaml').matchAll(/username: (\S+), password: (\S+) /g)) {
    const { status } = await fetch(`${url}/signup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: name, password }),
    })
    expect(status).toBe(201)
  }
  return {
    url,
    async close() {
      child.kill()
      await ended
    },
  }
}

interface Report {
  readonly findings: readonly { readonly id: string; readonly attack: string; readonly operation: string | null }[]
}

describe('docs/find-a-hole.md', { timeout: 240_000 }, () => {
  let folder: string
  let faulty: Shop
  let fixed: Shop
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'turnpike-hole-'))
    ;[faulty, fixed] = await Promise.all([openShop('server.mjs'), openShop('fixed.mjs')])
  })
  afterAll(async () => {
    await Promise.all([faulty?.close(), fixed?.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  const files = (name: string) => ['--runs', join(folder, name), '--baseline', join(folder, `${name}.baseline.json`)]
  const example = (name: string) => `examples/plain-express/${name}`
  const who = ['--config', example('turnpike.yaml'), '--openapi', example('openapi.yaml')]

  async function prove(shop: Shop, name: string, how: readonly string[] = who) {
    const json = join(folder, `${name}.json`)
    const { code, stdout, stderr } = await turnpike(['prove', shop.url, ...how, ...files(name), '--json', json]).ended
    expect(code, stderr).toBeLessThan(2)
    expect(stdout).not.toContain('the attack itself failed')
    const { findings } = JSON.parse(readFileSync(json, 'utf8')) as Report
    return { code, stdout, findings }
  }

  it('shows the files of the example', () => {
    expect(blocks('yaml')).toContain(read('turnpike.yaml'))
    const lines = blocks('diff').flatMap((text) => text.split('\n'))
    const [gone, come] = ['-', '+'].map((mark) =>
      lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1)),
    )
    expect(gone?.length).toBeGreaterThan(4)
    const [before, after] = ['server.mjs', 'fixed.mjs'].map((name) => read(name).split('\n'))
    expect(before).toEqual(expect.arrayContaining(gone ?? []))
    expect(after).toEqual(expect.arrayContaining(come ?? []))
    expect(after).toHaveLength((before?.length ?? 0) - (gone?.length ?? 0) + (come?.length ?? 0))
  })

  it('finds the four faults, and none where they are mended', async () => {
    const [holes, none] = await Promise.all([prove(faulty, 'faulty'), prove(fixed, 'fixed')])
    expect(none.findings).toEqual([])
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('No finding') })

    expect(holes.code).toBe(1)
    const found = holes.findings.map(({ attack, operation }) => `${attack} ${operation}`)
    expect(found).toEqual(
      expect.arrayContaining([
        'object-read GET /orders/{id}',
        'privilege-on-create POST /signup',
        'alg-none GET /me',
        'signature-stripped GET /me',
        'login-guessing POST /login',
      ]),
    )
    // What has another cause than the four is no finding.
    const attacks = [...new Set(holes.findings.map(({ attack }) => attack))]
    const others = attacks.filter((attack) => !CAUSES.some((cause) => cause.includes(attack)))
    expect(others).toEqual([])

    // The id that the page shows is that of every run.
    const read = holes.findings.find(({ attack }) => attack === 'object-read')?.id ?? ''
    expect(page).toContain(`prove retest ${read}`)
    const retest = (shop: Shop) => turnpike(['prove', 'retest', read, shop.url, ...who, ...files('faulty')]).ended
    expect(await retest(fixed)).toMatchObject({ code: 0, stdout: expect.stringContaining('No finding') })
  })

  it('finds what a recording alone can tell', async () => {
    const recording = join(folder, 'alice.har')
    writeFileSync(recording, read('alice.har').replaceAll('127.0.0.1:4000', new URL(faulty.url).host))
    const token = async (name: string) =>
      (await turnpike(['prove', 'token', name, faulty.url, ...who]).ended).stdout.trim()
    const people = await Promise.all(['alice', 'bob'].map(async (name) => ['--as', `${name}=${await token(name)}`]))
    const how = ['--har', recording, ...people.flat(), '--only', 'API1,API2']
    const { findings } = await prove(faulty, 'recorded', how)
    expect(findings.map(({ attack, operation }) => `${attack} ${operation}`)).toEqual(
      expect.arrayContaining(['object-read GET /orders/{orderId}', 'alg-none GET /me']),
    )
  })
})

/** What each fault of the shop lets through. */
const CAUSES: readonly (readonly string[])[] = [
  ['object-read'],
  ['privilege-on-create'],
  [
    'alg-none',
    'signature-stripped',
    'signature-damaged',
    'payload-changed',
    'blank-secret',
    'embedded-key',
    'key-url',
    'embedded-certificate',
    'zero-signature',
    'unknown-crit',
    'expired-token',
    'token-without-expiry',
    'token-from-the-future',
    'forged-role',
  ],
  ['login-guessing', 'user-enumeration', 'no-rate-limit'],
]
