import { createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { start } from '../examples/first-api/server.ts'
import type { Running } from '../src/server/index.ts'

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const blocks = [...read('README.md').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)

describe('the README', () => {
  it('shows examples/first-api, word by word', () => {
    expect(blocks).toEqual([read('examples/first-api/api.ts'), read('examples/first-api/server.ts')])
  })

  it('links to nothing that is missing', () => {
    const links = [...read('README.md').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path as string)
    expect(links.length).toBeGreaterThan(5)
    for (const path of links) expect(() => read(path), path).not.toThrow()
  })
})

// Random, as a key must be: one in words is refused at start-up.
const KEY = randomBytes(32).toString('base64url')
const ISSUER = 'https://login.example'
const AUDIENCE = 'notes'

/** A token as many systems still make them: HS256 and no `typ`. */
function tokenOf(subject: string, { key = KEY, issuer = ISSUER, audience = AUDIENCE } = {}): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, aud: audience, sub: subject, iat: now, exp: now + 60 }
  const signed = `${encode({ alg: 'HS256' })}.${encode(claims)}`
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}

describe('the first API of the README, over HTTP', () => {
  let running: Running | undefined
  beforeAll(async () => {
    running = await start(KEY, 0)
  })
  afterAll(() => running?.close())

  const call = (token: string | null, path: string, body?: object) =>
    fetch(`${running?.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body ? JSON.stringify(body) : null,
    })

  it('writes and reads a note; it is nobody else’s', async () => {
    const written = await call(tokenOf('ann'), '/v1/notes', { text: 'buy milk' })
    expect(written.status).toBe(200)
    const note = (await written.json()) as { id: string }
    expect(note).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), ownerId: 'ann', text: 'buy milk' })
    const own = await call(tokenOf('ann'), `/v1/notes/${note.id}`)
    expect(own.status).toBe(200)
    expect(await own.json()).toEqual(note)

    const anothers = await call(tokenOf('ben'), `/v1/notes/${note.id}`)
    const missing = await call(tokenOf('ben'), '/v1/notes/5d3f7c1e-2b4a-4c6d-8e9f-0a1b2c3d4e5f')
    expect([anothers.status, missing.status]).toEqual([404, 404])
    const [first, second] = (await Promise.all([anothers.json(), missing.json()])) as [object, object]
    expect({ ...first, requestId: null }).toEqual({ ...second, requestId: null })
  })

  it.each<[string, string | null]>([
    ['no token', null],
    ['another key', tokenOf('ann', { key: `${KEY}!` })],
    ['another issuer', tokenOf('ann', { issuer: 'https://elsewhere.example' })],
    ['a token for another service', tokenOf('ann', { audience: 'pictures' })],
  ])('refuses %s', async (_, token) => {
    expect((await call(token, '/v1/notes', { text: 'x' })).status).toBe(401)
  })

  it('refuses what the contract does not name', async () => {
    const reply = await call(tokenOf('ann'), '/v1/notes', { text: 'x', ownerId: 'ben' })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({ code: 'invalid_input' })
  })
})
