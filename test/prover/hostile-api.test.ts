// An API that attacks whoever proves it: terminal, record, memory, time, other origins.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { readDocument } from '../../src/contract/from-openapi/read-document.ts'
import { ATTACKS } from '../../src/prover/attacks/attacks.ts'
import type { Exchange } from '../../src/prover/engine/exchange.ts'
import { checkPlan, formatCheck } from '../../src/prover/plan/check.ts'
import { describePlan, formatPlan } from '../../src/prover/plan/describe-plan.ts'
import { identityOfToken } from '../../src/prover/plan/identity-of-token.ts'
import { BEARER, type IdentityPlan } from '../../src/prover/plan/plan.ts'
import { NO_HINTS } from '../../src/prover/plan/plan-config.ts'
import { planOf } from '../../src/prover/plan/plan-of.ts'
import { openRun } from '../../src/prover/prove.ts'
import { notesDocument } from './fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from './fixtures/run-attack.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function started(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closing.push(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const TOKENS = { alice: 'opaque-alice-0123456789abcdef', bob: 'opaque-bob-0123456789abcdef' }
const people = (token: (name: 'alice' | 'bob') => string): readonly IdentityPlan[] =>
  (['alice', 'bob'] as const).map((name) => identityOfToken(name, token(name), BEARER))
const READY = people((name) => TOKENS[name])
const steering = (text: string) =>
  [...text].filter((each) => each !== '\n' && (each < ' ' || (each >= '\u007f' && each <= '\u009f')))
const JSON_TYPE = { 'content-type': 'application/json' }
const QUICK = ATTACKS.filter(({ risk, phase }) => phase !== 'exhausting' && ['API1', 'API2', 'API9'].includes(risk))

it('steers no terminal, and is quoted without the credential that it repeats', async () => {
  const url = await started((request, response) => {
    const { authorization = '' } = request.headers
    response.writeHead(401, JSON_TYPE).end(`{"error":"\u001b]0;owned\u0007 bad token ${authorization}"}`)
  })
  const document = { ...notesDocument(), info: { title: 'Notes \u001b[2J', version: '1' } }
  const plan = planOf(readDocument(document), { ...NO_HINTS, identities: READY })
  const target = { base: new URL(url), origins: [], now: () => Date.now(), wait: async () => {}, timeIsOurs: false }
  const limits = {
    rate: 5000,
    maxRequests: 100,
    timeoutMilliseconds: 1000,
    maxWaitSeconds: 1,
    allowWrites: false,
    scope: [],
  }
  const open = openRun(plan, target, { limits, concurrency: 1, safe: true, seed: 1, callback: null })
  try {
    const shown = formatCheck(await checkPlan(plan, open.run))
    expect(shown).toContain('bad token')
    expect(steering(shown)).toEqual([])
    for (const token of Object.values(TOKENS)) expect(shown).not.toContain(token)
    expect(steering(formatPlan(describePlan(plan, ATTACKS)))).toEqual([])
  } finally {
    await open.close()
  }
})

it('has no credential written down, in whatever spelling it comes back', async () => {
  const password = 'Aa1-p"ass\\w/örd & <more>'
  const url = await started((request, response) => {
    const sent: Buffer[] = []
    request.on('data', (chunk: Buffer) => sent.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(sent).toString()
      const { authorization = '' } = request.headers
      const login = request.url === '/login'
      response
        .writeHead(login ? 200 : 403, {
          ...JSON_TYPE,
          'x-auth-token': 'header-token-0123456789',
          'x-echo': authorization,
        })
        .end(
          login
            ? JSON.stringify({ token: TOKENS.alice, refreshToken: 'r3fresh-0123456789abcdef' })
            : JSON.stringify({
                error: `no ${authorization} ${encodeURIComponent(password)}`,
                again: text,
                base: Buffer.from(password).toString('base64'),
              }),
        )
    })
  })
  const accounts = PEOPLE.slice(0, 2).map((person) => ({
    ...person,
    account: { username: 'alice@example.com', password },
    source:
      person.source.kind === 'login'
        ? { ...person.source, login: { ...person.source.login, body: { email: 'alice@example.com', password } } }
        : person.source,
  }))
  const { results, exchanges } = await runAttacks(QUICK, url, { people: accounts, wait: async () => {} })
  expect(exchanges.length).toBeGreaterThan(20)
  const written = JSON.stringify([results, exchanges])
  const secrets = [TOKENS.alice, 'r3fresh-0123456789abcdef', 'header-token-0123456789']
  for (const secret of [
    ...secrets,
    encodeURIComponent(password),
    Buffer.from(password).toString('base64').slice(0, 30),
  ])
    expect(written).not.toContain(secret)
  const texts = exchanges.flatMap(({ request, response }: Exchange) => [request.body ?? '', response.body])
  for (const text of texts) expect(text).not.toMatch(/ass\\{1,6}w/)
})

it('is not followed to another origin, and sends no cookie of one identity with another', async () => {
  let lured = 0
  const elsewhere = await started((_request, response) => {
    lured++
    response.writeHead(200, JSON_TYPE).end('{}')
  })
  const cookies: string[] = []
  const url = await started((request, response) => {
    if (request.headers.cookie !== undefined) cookies.push(request.headers.cookie)
    response
      .writeHead(302, { ...JSON_TYPE, location: `${elsewhere}/x`, 'set-cookie': 'sid=of-the-first-0123456789' })
      .end(JSON.stringify({ jwks_uri: `${elsewhere}/keys`, next: `${elsewhere}/2`, id: `${elsewhere}/3` }))
  })
  const document = { ...notesDocument(), servers: [{ url: elsewhere }] }
  await runAttacks(QUICK, url, { document, people: READY, wait: async () => {} })
  expect(lured).toBe(0)
  expect(cookies).toEqual([])
})

it('names nothing by an id that is none, so that nothing else is changed or deleted', async () => {
  for (const id of ['""', '".."', '"."', '12345678901234567890', '1e30', '{"a":1}']) {
    const touched: string[] = []
    const url = await started((request, response) => {
      const { method = '', url: path = '' } = request
      if (['PUT', 'PATCH', 'DELETE'].includes(method)) touched.push(`${method} ${path}`)
      response.writeHead(200, JSON_TYPE).end(`{"id":${id},"title":"x","ownerId":"u-alice"}`)
    })
    const attacks = ATTACKS.filter(({ risk }) => ['API1', 'API3', 'API5'].includes(risk))
    await runAttacks(attacks, url, { people: READY, wait: async () => {} })
    expect(touched.filter((each) => /\/notes\/(\.{1,2})?(\?|$)|\/notes\/1(2345|e)/.test(each))).toEqual([])
  }
})

it('stalls no run with a dictionary, deep JSON, strange Retry-After or keys like __proto__', async () => {
  const words = Array.from({ length: 60_000 }, (_, index) => `word${index}`)
  const bodies = [
    JSON.stringify({ id: 'n-1', words }),
    `{"id":"n-1","deep":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    '{"id":"n-1","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
  ]
  const waits = ['99999999', '-5', 'NaN', 'Infinity', 'Wed, 21 Oct 2015 07:28:00 GMT', '']
  let count = 0
  const url = await started((_request, response) => {
    count++
    if (count % 7 === 0)
      response.writeHead(429, { ...JSON_TYPE, 'retry-after': waits[count % waits.length] ?? '' }).end('{}')
    else response.writeHead(200, JSON_TYPE).end(bodies[count % bodies.length])
  })
  const attacks = ATTACKS.filter(({ id }) => ['object-read', 'object-write', 'no-credential', 'list-leak'].includes(id))
  const { results } = await runAttacks(attacks, url, { people: READY, maxWaitSeconds: 1, maxRequests: 400 })
  expect(results.length).toBeGreaterThan(4)
  expect(results.filter(({ why }) => why.startsWith('the attack itself failed'))).toEqual([])
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})
