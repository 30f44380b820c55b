import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditEvent, AuditLog } from '../../src/audit/event.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { type FileTokenKeys, fileTokenKeys } from '../../src/identity/file-token-keys.ts'
import { type LiveAccessTokens, liveAccessTokens } from '../../src/identity/live-access-tokens.ts'
import {
  retireTokenKey,
  rotateTokenKeys,
  type SigningAlgorithm,
  type TokenKeys,
} from '../../src/identity/token-keys.ts'
import { generateKeyRing } from '../../src/vault/index.ts'

const GRANT = {
  subject: 'alice',
  tenant: 't',
  roles: [],
  scopes: [],
  sessionId: 's',
  authenticatedAt: new Date(0),
  factors: 1,
  epoch: 0,
}
const POLICY = { issuer: 'https://api.example', audience: 'api', clientId: 'c', lifetimeSeconds: 900, cacheSize: 100 }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-live-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Node {
  readonly tokens: LiveAccessTokens
  readonly file: FileTokenKeys
  readonly clock: ManualClock
  readonly events: AuditEvent[]
  readonly path: string
  /** What another process does to the file. */
  change(to: (keys: TokenKeys) => TokenKeys | Promise<TokenKeys>): Promise<void>
  works(token: string): Promise<boolean>
}

async function node(alg?: SigningAlgorithm): Promise<Node> {
  const ring = generateKeyRing()
  const path = join(folder, 'token-keys.json')
  const file = fileTokenKeys(path, alg === undefined ? {} : { alg })
  const clock = new ManualClock()
  const events: AuditEvent[] = []
  const audit = { note: (event: AuditEvent) => void events.push(event) } as unknown as AuditLog
  const tokens = await liveAccessTokens({ source: file, ring, policy: POLICY, clock, audit })
  return {
    tokens,
    file,
    clock,
    events,
    path,
    async change(to) {
      await file.save(ring, await to((await file.load(ring)) as TokenKeys))
    },
    works: async (token) => !('rejected' in (await tokens.verify(token))),
  }
}

describe('token keys that another process changes', () => {
  it('sign with the new key within seconds, and verify what the old one signed', async () => {
    const on = await node()
    const { token } = await on.tokens.issue(GRANT)
    const before = on.tokens.keys().active.kid
    await on.change((keys) => rotateTokenKeys(keys))
    on.clock.advance(5000)
    const { token: next } = await on.tokens.issue(GRANT)
    expect(on.tokens.keys().active.kid).not.toBe(before)
    expect([await on.works(token), await on.works(next)]).toEqual([true, true])
    expect(on.tokens.keys().jwks().keys).toHaveLength(2)
    expect(on.events.map(({ type }) => type)).toEqual(['token_keys.changed'])
  })

  it('refuse a retired key within seconds, although its tokens were verified and remembered', async () => {
    const on = await node()
    const { token } = await on.tokens.issue(GRANT)
    expect(await on.works(token)).toBe(true)
    const old = on.tokens.keys().active.kid
    await on.change(async (keys) => retireTokenKey(await rotateTokenKeys(keys), old))
    on.clock.advance(4999)
    expect(await on.works(token)).toBe(true)
    on.clock.advance(1)
    expect(await on.works(token)).toBe(false)
    expect(on.tokens.keys().jwks().keys).toHaveLength(1)
  })

  it('are looked at early for a token of a key that is not known yet, and not once a token', async () => {
    const ring = generateKeyRing()
    const file = fileTokenKeys(join(folder, 'shared.json'))
    const clock = new ManualClock()
    const audit = { note() {} } as unknown as AuditLog
    let looks = 0
    const stamp = () => {
      looks += 1
      return file.stamp()
    }
    const open = () => liveAccessTokens({ source: { ...file, stamp }, ring, policy: POLICY, clock, audit })
    const first = await open()
    await file.save(ring, await rotateTokenKeys(first.keys()))
    const { token } = await (await open()).issue(GRANT)
    clock.advance(1000)
    expect(await first.verify(token)).toHaveProperty('principal')

    const { token: foreign } = await (await node()).tokens.issue(GRANT)
    clock.advance(1000)
    looks = 0
    for (let times = 0; times < 50; times++) expect(await first.verify(foreign)).toHaveProperty('rejected')
    expect(looks).toBe(1)
  })

  it('stay in use when the file is broken, which the audit log says once, or gone', async () => {
    const on = await node()
    const { token } = await on.tokens.issue(GRANT)
    await writeFile(on.path, 'not keys', { mode: 0o600 })
    for (let looks = 0; looks < 3; looks++) {
      on.clock.advance(5000)
      expect(await on.works(token)).toBe(true)
    }
    expect(on.events.map(({ type, outcome }) => [type, outcome])).toEqual([['token_keys.unreadable', 'failed']])
    expect(JSON.stringify(on.events)).not.toContain('not keys')
    await rm(on.path)
    on.clock.advance(5000)
    expect(await on.works(token)).toBe(true)
    expect((await on.tokens.issue(GRANT)).token).toBeTruthy()
  })

  it('are looked at also after the clock was set back', async () => {
    const on = await node()
    on.clock.advance(86_400_000)
    const { token } = await on.tokens.issue(GRANT)
    const old = on.tokens.keys().active.kid
    await on.change(async (keys) => retireTokenKey(await rotateTokenKeys(keys), old))
    on.clock.advance(-6000)
    expect(await on.works(token)).toBe(false)
  })
})

it.each(['EdDSA', 'ES256', 'RS256', 'HS256'] as const)('%s keys are made where the file is missing', async (alg) => {
  const on = await node(alg)
  expect(on.tokens.keys().active.alg).toBe(alg)
  expect(await on.works((await on.tokens.issue(GRANT)).token)).toBe(true)
})

it('another algorithm or option is refused', () => {
  expect(() => fileTokenKeys('x', { alg: 'none' as SigningAlgorithm })).toThrow(/EdDSA, ES256, RS256, HS256/)
  expect(() => fileTokenKeys('x', { algorithm: 'ES256' } as object)).toThrow(/unknown option algorithm/)
})
