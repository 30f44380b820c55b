import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { Engine, type EngineLimits, NOBODY } from '../../../src/prover/engine/engine.ts'
import type { Draft, Exchange } from '../../../src/prover/engine/exchange.ts'
import { createHttpClient } from '../../../src/prover/engine/http-client.ts'
import { Placeholders } from '../../../src/prover/engine/secrets.ts'
import { ACCOUNTS, bearerOf, signToken, soundAuthentication, startNotes } from '../fixtures/notes-api.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

let server: Server | undefined
afterEach(() => new Promise<void>((closed) => (server ? void server.close(() => closed()) : closed())))

const GET: Draft = {
  method: 'GET',
  path: '/things',
  query: [],
  headers: [],
  body: undefined,
  mediaType: 'application/json',
}

async function engineOn(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  limits: Partial<EngineLimits> = {},
  signal = new AbortController().signal,
) {
  server = createServer(handler)
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening))
  const exchanges: Exchange[] = []
  const placeholders = new Placeholders()
  const engine = new Engine({
    target: {
      base: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`),
      origins: [],
      now: () => Date.now(),
      wait: async () => {},
      timeIsOurs: false,
    },
    runId: 'run-1',
    limits: {
      rate: 1000,
      maxRequests: 100,
      timeoutMilliseconds: 500,
      maxWaitSeconds: 1,
      allowWrites: true,
      scope: [],
      ...limits,
    },
    client: createHttpClient(2),
    placeholders,
    events: { exchange: (exchange) => exchanges.push(exchange) },
    signal,
  })
  return { engine, exchanges, placeholders }
}

describe('the engine', () => {
  it('marks every request with the run, and keeps each with placeholders for secrets', async () => {
    const { engine, exchanges, placeholders } = await engineOn((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          run: request.headers['x-turnpike-run'],
          path: request.url,
          echo: request.headers.authorization,
        }),
      )
    })
    placeholders.add('TOKEN_bob', 'secret-token-of-bob')
    const sender = { name: 'bob', headers: [['Authorization', 'Bearer secret-token-of-bob']] as const, query: [] }
    const answer = await engine.send(GET, sender, 'a test')
    expect(answer.json).toEqual({ run: 'run-1', path: '/base/things', echo: 'Bearer secret-token-of-bob' })
    expect(JSON.stringify(exchanges)).not.toContain('secret-token-of-bob')
    expect(exchanges[0]?.request.headers).toContainEqual(['Authorization', 'Bearer $TOKEN_BOB'])
  })

  it('sends no write to a target that did not agree, and nothing outside the scope', async () => {
    let hits = 0
    const { engine } = await engineOn((_request, response) => void response.end(String(hits++)), {
      allowWrites: false,
      scope: ['/base/things'],
    })
    await expect(engine.send({ ...GET, method: 'POST' }, NOBODY, 'a test')).rejects.toThrow('--allow-writes')
    await expect(engine.send({ ...GET, path: '/thingsome' }, NOBODY, 'a test')).rejects.toThrow('--scope')
    await expect(engine.send({ ...GET, rawTarget: '/base/../x' }, NOBODY, 'a test')).rejects.toThrow('--scope')
    expect(hits).toBe(0)
    await engine.send({ ...GET, path: '/things/1' }, NOBODY, 'a test')
    expect(hits).toBe(1)
  })

  it('goes to declared origins only', async () => {
    const { engine } = await engineOn((_request, response) => void response.end('{}'))
    await expect(engine.send(GET, NOBODY, 'a test', new URL('http://127.0.0.2:9/login'))).rejects.toThrow('origins')
  })

  it('ends at its cap of requests, and when it is stopped', async () => {
    const stop = new AbortController()
    const { engine } = await engineOn((_request, response) => void response.end('{}'), { maxRequests: 2 }, stop.signal)
    await engine.send(GET, NOBODY, 'a test')
    await engine.send(GET, NOBODY, 'a test')
    await expect(engine.send(GET, NOBODY, 'a test')).rejects.toThrow('cap of 2 requests')
    stop.abort()
    await expect(engine.send(GET, NOBODY, 'a test')).rejects.toThrow('stopped')
  })

  it('takes no way out of the scope by dots', async () => {
    const { engine, exchanges } = await engineOn((_request, response) => response.end('{}'), { scope: ['/base/v1'] })
    await engine.send({ ...GET, path: '/v1/things' }, NOBODY, 'test')
    for (const rawTarget of ['/base/v1/../admin', '/base/v1/%2e%2e/admin', '/base/v1\\..\\..\\admin', '/base/v12'])
      await expect(engine.send({ ...GET, rawTarget }, NOBODY, 'test')).rejects.toThrow('is outside --scope')
    expect(exchanges).toHaveLength(1)
  })

  it('signs in where nothing else is written', async () => {
    const { engine, exchanges } = await engineOn((_request, response) => response.end('{}'), { allowWrites: false })
    const post = { ...GET, method: 'POST', body: { email: 'a' } }
    await expect(engine.send(post, NOBODY, 'test')).rejects.toThrow('add --allow-writes')
    expect((await engine.send({ ...post, signsIn: true }, NOBODY, 'test')).status).toBe(200)
    expect(exchanges).toHaveLength(1)
  })

  it('tells silence, refusal and rubbish apart from an answer', async () => {
    const silent = await engineOn(() => {}, { timeoutMilliseconds: 50 })
    expect(await silent.engine.send(GET, NOBODY, 'a test')).toMatchObject({ status: 0, failure: 'timeout' })
    server?.closeAllConnections()
    const cut = await engineOn((request) => void request.socket.destroy())
    expect(await cut.engine.send(GET, NOBODY, 'a test')).toMatchObject({ status: 0, failure: 'reset' })
    const rubbish = await engineOn((request) => void request.socket.end('rubbish\r\n\r\n'))
    expect(await rubbish.engine.send(GET, NOBODY, 'a test')).toMatchObject({ status: 0, failure: 'bad-reply' })
    const line = { ...GET, headers: [['X-Text', 'a\r\nb']] as const }
    expect(await rubbish.engine.send(line, NOBODY, 'a test')).toMatchObject({ status: 0, failure: 'refused' })
  })
})

describe('identities in a run', () => {
  it('renews a token that expires in the middle', async () => {
    let signIns = 0
    const notes = await startNotes({
      login: (request, response) => {
        signIns++
        const account = ACCOUNTS.find(({ email }) => email === (request.body as { email?: string }).email)
        // Within the last minute of its life a token counts as about to expire.
        if (account) response.json({ token: signToken(account, { expiresIn: 30 }) })
        else response.status(401).json({ error: 'no' })
      },
    })
    try {
      const { counts } = await runAttacks([objectRead], notes.url)
      expect(counts.pass).toBeGreaterThan(0)
      expect(counts.inconclusive).toBe(0)
      expect(signIns).toBeGreaterThan(4)
    } finally {
      await notes.close()
    }
  })

  it('waits as long as Retry-After says, and asks again', async () => {
    let waited = 0
    let limited = 0
    const notes = await startNotes({
      before: (app) =>
        void app.use((request, response, next) => {
          if (request.method === 'GET' && bearerOf(request) !== null && limited < 3) {
            limited++
            response.status(429).set('Retry-After', '7').json({ error: 'slower' })
          } else next()
        }),
    })
    try {
      const { counts } = await runAttacks([objectRead], notes.url, {
        wait: async (milliseconds) => {
          waited += milliseconds
        },
      })
      expect(limited).toBe(3)
      expect(waited).toBeGreaterThanOrEqual(21_000)
      expect(counts.pass).toBeGreaterThan(0)
      expect(counts.inconclusive).toBe(0)
    } finally {
      await notes.close()
    }
  })

  it('says why a sign-in failed, without the password', async () => {
    const notes = await startNotes({ authenticate: soundAuthentication })
    try {
      const [alice, ...others] = PEOPLE
      if (alice?.source.kind !== 'login') throw new TypeError('alice signs in')
      const login = { ...alice.source.login, body: { email: 'alice@example.com', password: 'Wrong-Password-1' } }
      const { results } = await runAttacks([objectRead], notes.url, {
        people: [{ ...alice, source: { kind: 'login', login } }, ...others],
      })
      const reasons = results.filter(({ outcome }) => outcome === 'not-tested').map(({ why }) => why)
      expect(reasons.some((why) => why.includes('alice: the login answered 401'))).toBe(true)
      expect(JSON.stringify(results)).not.toContain('Wrong-Password-1')
    } finally {
      await notes.close()
    }
  })
})
