// All attacks at once on servers that show nothing: whatever they answer, nothing may read as held that was not.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ATTACKS } from '../../src/prover/attacks/attacks.ts'
import { identityOfToken } from '../../src/prover/plan/identity-of-token.ts'
import { BEARER, type IdentityPlan } from '../../src/prover/plan/plan.ts'
import { signToken } from './fixtures/notes-api.ts'
import { PEOPLE, runAttacks } from './fixtures/run-attack.ts'

/** With ready tokens: no login is in the way of the attacks. */
const READY: readonly IdentityPlan[] = PEOPLE.map((person) => ({
  ...person,
  account: null,
  source: identityOfToken(
    person.name,
    signToken({ id: `u-${person.name}`, email: '', role: 'user', tenant: person.tenant ?? '' }),
    BEARER,
  ).source,
}))

const JSON_TYPE = { 'content-type': 'application/json' }
const status =
  (code: number, headers: Record<string, string> = {}, body = '{"error":"no"}'): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, { ...JSON_TYPE, ...headers }).end(body)

const OBJECT = {
  id: '11111111-2222-4333-8444-555555555555',
  ownerId: 'u-alice',
  title: 'The same',
  token: 'abcdefgh12345678',
  items: [],
}

const echo: RequestListener = (request, response) => {
  const { url, method, headers } = request
  request.resume().on('end', () => {
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ id: OBJECT.id, url, method, headers }))
  })
}

const STRANGE: Readonly<Record<string, RequestListener>> = {
  '200 {} to everything': status(200, {}, '{}'),
  '200 [] to everything': status(200, {}, '[]'),
  '204 to everything': (_request, response) => void response.writeHead(204).end(),
  'a page to everything': status(200, { 'content-type': 'text/html' }, '<!doctype html><div id="root"></div>'),
  'one object to everything': status(200, {}, JSON.stringify(OBJECT)),
  'the request itself': echo,
  'a redirect to everything': status(302, { location: '/login' }),
  '400 to everything': status(400),
  '401 to everything': status(401),
  '403 to everything': status(403),
  '404 to everything': status(404),
  '405 to everything': status(405),
  '429 to everything': status(429, { 'retry-after': '1' }),
  '500 to everything': status(500),
  '503 to everything': status(503, { 'retry-after': '1' }),
  'a closed connection to everything': ({ socket }) => void socket.destroy(),
}

/** What these can show of themselves. That TRACE is not repeated needs nobody's session. */
const MAY_HOLD = ['trace-method']
const MAY_FAIL: Readonly<Record<string, readonly string[]>> = {
  'the request itself': ['trace-method'],
  '404 to everything': ['declared-but-absent'],
  '405 to everything': ['declared-but-absent'],
}

async function attacked(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  try {
    const { port } = server.address() as AddressInfo
    return await runAttacks(ATTACKS, `http://127.0.0.1:${port}`, {
      people: READY,
      wait: async () => {},
      timeoutMilliseconds: 1000,
      maxRequests: 20_000,
    })
  } finally {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
}

const told = (results: Awaited<ReturnType<typeof attacked>>['results'], outcome: string, allowed: readonly string[]) =>
  results
    .filter((each) => each.outcome === outcome && !allowed.includes(each.attack))
    .map(({ attack, operation, why }) => `${attack} ${operation ?? ''}: ${why}`)

describe('a server that answers', () => {
  it.each(Object.keys(STRANGE))('%s neither holds nor breaks', async (name) => {
    const { results } = await attacked(STRANGE[name] as RequestListener)
    expect(results.length).toBeGreaterThan(100)
    expect(told(results, 'pass', MAY_HOLD)).toEqual([])
    expect(told(results, 'fail', MAY_FAIL[name] ?? [])).toEqual([])
    expect(results.filter(({ why }) => why.startsWith('the attack itself failed'))).toEqual([])
  })

  it('well at first and then nobody, holds only what it showed before', async () => {
    let left = 60
    const { results } = await attacked((request, response) => {
      const isServed = --left >= 0 && request.headers.authorization?.startsWith('Bearer eyJ') === true
      response
        .writeHead(isServed ? 200 : 401, JSON_TYPE)
        .end(isServed ? JSON.stringify({ ...OBJECT, title: `note ${left}` }) : '{"error":"no"}')
    })
    // What needs one answer of the owner, and nobody's denial.
    const allowed = [...MAY_HOLD, 'weak-secret', 'after-sunset', 'undeclared-answer', 'reply-outside-contract']
    expect(told(results, 'pass', [...allowed, 'secret-in-reply'])).toEqual([])
  })

  it('until it is gone, holds only what it showed before', async () => {
    let left = 40
    const { results } = await attacked((request, response) => {
      if (--left < 0) request.socket.destroy()
      else response.writeHead(200, JSON_TYPE).end(JSON.stringify({ ...OBJECT, title: `note ${left}` }))
    })
    const allowed = ['after-sunset', 'undeclared-answer', 'reply-outside-contract', 'secret-in-reply']
    expect(told(results, 'pass', allowed)).toEqual([])
  })
})
