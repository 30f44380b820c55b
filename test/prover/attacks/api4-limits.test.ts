import express, { type Request, type Response } from 'express'
import { describe, expect, it } from 'vitest'
import { batchLimit } from '../../../src/prover/attacks/api4/batch-limit.ts'
import { limitByHeader } from '../../../src/prover/attacks/api4/limit-by-header.ts'
import { limitByPath } from '../../../src/prover/attacks/api4/limit-by-path.ts'
import { isLimited, saidRate, toldRate } from '../../../src/prover/attacks/api4/limits.ts'
import { noRateLimit } from '../../../src/prover/attacks/api4/no-rate-limit.ts'
import { noRetryAfter } from '../../../src/prover/attacks/api4/no-retry-after.ts'
import { pageSize } from '../../../src/prover/attacks/api4/page-size.ts'
import type { Answer } from '../../../src/prover/engine/exchange.ts'
import type { Operation } from '../../../src/prover/plan/plan.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { limiter } from '../fixtures/limiter.ts'
import { ACCOUNTS, caller, type NotesParts, PASSWORD, signToken, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

const ok = { '200': { description: 'Done.' } }
const withLimit = { ...ok, '429': { description: 'Too many.' } }

/** Where 66 looks: a read that declares 429, a way to a new password, an export. */
const document = notesDocument({
  paths: {
    '/me': { get: { responses: withLimit } },
    '/forgot-password': {
      post: {
        security: [],
        requestBody: {
          content: {
            'application/json': {
              schema: { type: 'object', properties: { email: { type: 'string', format: 'email' } } },
            },
          },
        },
        responses: ok,
      },
    },
    '/export': { get: { responses: ok } },
  },
})

const burstParts = (limit: (most: number, tell?: boolean) => express.RequestHandler): NotesParts => ({
  before: (app) => {
    app.post('/forgot-password', limit(10), (_request, response) => void response.json({ sent: true }))
    app.get('/me', limit(20, true), (_request, _response, next) => next())
  },
  routes: (app) => {
    app.get('/export', limit(5), (_request, response) => void response.json({ rows: [] }))
  },
})
const byToken = (request: Request) => request.headers.authorization ?? 'nobody'
const unlimited =
  (tell?: boolean): express.RequestHandler =>
  (_request, response, next) => {
    if (tell) response.set('RateLimit-Limit', '20')
    next()
  }
describeAttack({
  attack: noRateLimit,
  document,
  vulnerable: burstParts((_most, tell) => unlimited(tell)),
  fixed: burstParts((most, tell = false) => limiter(most, byToken, { tell })),
})

/** Limits the login by what `key` says, the account always being part of it. */
const loginLimit = (key: (request: Request) => string, answer: Parameters<typeof limiter>[2] = {}): NotesParts => ({
  before: (app) => {
    const account = (request: Request) => String((request.body as { email?: unknown } | undefined)?.email)
    app.use(
      '/login',
      express.json(),
      limiter(10, (request) => `${account(request)} ${key(request)}`, answer),
    )
  },
})
const fixed = loginLimit(() => '')
describeAttack({
  attack: limitByHeader,
  vulnerable: loginLimit((request) => request.get('X-Forwarded-For') ?? ''),
  fixed,
})
describeAttack({
  attack: limitByHeader,
  name: 'X-Real-IP',
  vulnerable: loginLimit((request) => request.get('X-Real-IP') ?? ''),
  fixed,
})
describeAttack({ attack: limitByPath, vulnerable: loginLimit((request) => request.originalUrl), fixed })
describeAttack({ attack: noRetryAfter, vulnerable: loginLimit(() => '', { retryAfter: null }), fixed })

const paged = notesDocument({
  paths: {
    '/notes': {
      ...(notesDocument() as { paths: { '/notes': object } }).paths['/notes'],
      get: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
        responses: { '200': { description: 'Notes.' } },
      },
    },
  },
})
const list = (size: (limit: number) => number | null): NotesParts => ({
  list: (request, response, { notes }) => {
    const own = [...notes.values()].filter(({ ownerId }) => ownerId === caller(response).id)
    const wanted = size(Number(request.query.limit ?? 20))
    if (wanted === null) response.status(400).json({ error: 'bad limit' })
    else response.json({ items: wanted < 0 ? own : own.slice(0, wanted) })
  },
})
const cut = list((limit) => Math.min(100, Math.max(1, limit)))
describeAttack({
  attack: pageSize,
  name: 'huge',
  document: paged,
  vulnerable: list((limit) => Math.max(0, limit)),
  fixed: cut,
})
describeAttack({
  attack: pageSize,
  name: 'negative',
  document: paged,
  vulnerable: list((limit) => Math.min(limit, 100)),
  fixed: list((limit) => (limit > 0 && limit <= 100 ? limit : null)),
})

const bounded = notesDocument({
  paths: {
    '/notes': {
      ...(notesDocument() as { paths: { '/notes': object } }).paths['/notes'],
      get: {
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } }],
        responses: ok,
      },
    },
  },
})
/** Says the size of the page beside its items. */
const saying = (size: (limit: number) => number): NotesParts => ({
  list: (request, response, { notes }) => {
    const own = [...notes.values()].filter(({ ownerId }) => ownerId === caller(response).id)
    const limit = size(Number(request.query.limit ?? 20))
    response.json({ items: own.slice(0, limit), limit })
  },
})
describeAttack({
  attack: pageSize,
  name: 'said by the reply',
  document: bounded,
  people: PEOPLE.filter(({ spare }) => !spare),
  vulnerable: saying((limit) => Math.max(1, limit)),
  fixed: list((limit) => (limit > 0 && limit <= 100 ? limit : null)),
})

/** Readings of sensors that were there before, more than a page. */
const readings = (size: (limit: number) => number | null): NotesParts => ({
  routes: (app) => {
    const own = (response: Response) => `old-${caller(response).id}`
    app.get('/sensors', (_request, response) => void response.json({ items: [{ id: own(response) }] }))
    app.post('/sensors', (_request, response) => void response.status(201).json({ id: `new-${caller(response).id}` }))
    app.get('/sensors/:sensorId/readings', (request, response) => {
      const wanted = size(Number(request.query.limit ?? 20))
      if (wanted === null) return void response.status(400).json({ error: 'bad limit' })
      const count = request.params.sensorId === own(response) ? 300 : 0
      const items = Array.from({ length: count }, (_, at) => ({ at, value: at % 7 }))
      response.json({ items: items.slice(0, wanted) })
    })
  },
})
const sensorId = { name: 'sensorId', in: 'path', required: true, schema: { type: 'string' } }
const limit = { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200 } }
describeAttack({
  attack: pageSize,
  name: 'below what was there before',
  document: notesDocument({
    paths: {
      '/sensors': { get: { responses: ok }, post: { responses: { '201': { description: 'Made.' } } } },
      '/sensors/{sensorId}/readings': { parameters: [sensorId], get: { parameters: [limit], responses: ok } },
    },
  }),
  vulnerable: readings((most) => Math.max(0, most)),
  fixed: readings((most) => (most > 0 && most <= 200 ? most : null)),
})

const saidDocument = (description: string) =>
  notesDocument({ paths: { '/summary': { get: { description, responses: ok } } } })
const summary = (...limits: express.RequestHandler[]): NotesParts => ({
  routes: (app) => void app.get('/summary', ...limits, (_request, response) => void response.json({ rows: [] })),
})
describeAttack({
  attack: noRateLimit,
  name: 'said in words',
  document: saidDocument('All rows. At most 6 a minute.'),
  people: PEOPLE.filter(({ spare }) => !spare),
  vulnerable: summary(),
  fixed: summary(limiter(6, byToken)),
})

describe('limits in words', () => {
  const rateOf = (description: string) => saidRate({ read: { summary: '', description } } as Operation)
  it.each([
    ['At most 6 a minute.', { count: 6, windowSeconds: 60 }],
    ['One JSON object a line. At most 10 exports a minute.', { count: 10, windowSeconds: 60 }],
    ['Sends a text message. At most 5 in 10 minutes.', { count: 5, windowSeconds: 600 }],
    ['At most 10 files a record and 30 uploads per hour.', { count: 30, windowSeconds: 3600 }],
    ['At most 8 failed attempts a minute for each address.', null],
    ['Kept for 30 days, refreshed every minute.', null],
  ])('%s', (description, told) => expect(rateOf(description)).toEqual(told))
})

const item = { type: 'object', properties: { title: { type: 'string', maxLength: 100 } } }
const batched = notesDocument({
  paths: {
    '/notes/batch': {
      post: {
        requestBody: { content: { 'application/json': { schema: { type: 'array', maxItems: 50, items: item } } } },
        responses: ok,
      },
    },
  },
})
const batches = (units: (request: Request) => number): NotesParts & { strict: false } => ({
  before: (app) => {
    app.use(express.json())
    app.use(
      '/notes',
      limiter(10, (request) => (request.method === 'POST' ? byToken(request) : crypto.randomUUID()), { units }),
    )
  },
  strict: false,
  routes: (app) => {
    app.post('/notes/batch', (request, response) => {
      response.json((request.body as { title: string }[]).map(({ title }) => ({ id: crypto.randomUUID(), title })))
    })
  },
})
describeAttack({
  attack: batchLimit,
  document: batched,
  vulnerable: {
    ...batches(() => 1),
    before: (app) => {
      app.use(express.json())
      const limit = limiter(10, byToken)
      app.post('/notes', limit)
    },
  },
  fixed: batches((request) => (Array.isArray(request.body) ? request.body.length : 1)),
})

const answered = (status: number, headers: Record<string, string> = {}, text = ''): Answer => ({
  status,
  failure: null,
  headers,
  text,
  json: undefined,
  milliseconds: 1,
  exchange: 1,
})

describe('limits', () => {
  it('are told from other refusals', () => {
    expect(isLimited(answered(429))).toBe(true)
    expect(isLimited(answered(403, {}, 'Too many attempts'))).toBe(true)
    expect(isLimited(answered(403, {}, 'only for admins'))).toBe(false)
    expect(isLimited(answered(200, {}, 'too many cooks'))).toBe(false)
  })

  it.each([
    [{ 'ratelimit-policy': '"default";q=100;w=60' }, { count: 100, windowSeconds: 60 }],
    [
      { 'ratelimit-policy': '50;w=10', 'ratelimit-limit': '50' },
      { count: 50, windowSeconds: 10 },
    ],
    [{ 'x-ratelimit-limit': '30' }, { count: 30, windowSeconds: 60 }],
    [{}, null],
  ])('are read from %j', (headers, rate) => {
    expect(toldRate(answered(200, headers as Record<string, string>))).toEqual(rate)
  })
})

const run = async (parts: NotesParts, attacks: Parameters<typeof runAttacks>[0], given: object = notesDocument()) => {
  const server = await startNotes(parts)
  try {
    return await runAttacks(attacks, server.url, { document: given })
  } finally {
    await server.close()
  }
}

describe('what is no finding', () => {
  it('a login without a limit has none to go around', async () => {
    const { results } = await run({}, [limitByHeader, limitByPath, noRetryAfter])
    expect(results.map(({ outcome }) => outcome)).toEqual(['not-tested', 'not-tested', 'not-tested'])
    expect(results[0]?.why).toContain('no limit was met')
  })

  it('a path that is refused with the very words of a wrong login', async () => {
    const same: NotesParts = {
      ...fixed,
      login: (request, response) => {
        const { email, password } = request.body as { email: string; password: string }
        const account = ACCOUNTS.find((each) => each.email === email && password === PASSWORD)
        if (account) response.json({ token: signToken(account) })
        else response.status(401).json({ error: 'sign in' })
      },
    }
    const { results } = await run(same, [limitByPath])
    expect(results[0]?.outcome).toBe('inconclusive')
  })

  it('a target that breaks before a limit is met', async () => {
    const broken: NotesParts = {
      before: (app) => void app.get('/me', (_request, response) => void response.status(500).end()),
    }
    const { counts } = await run(
      broken,
      [noRateLimit],
      notesDocument({ paths: { '/me': { get: { responses: withLimit } } } }),
    )
    expect(counts).toMatchObject({ fail: 0, pass: 0, inconclusive: 1 })
  })

  it('a list that is limited all along', async () => {
    const { counts } = await run(
      {
        before: (app) =>
          void app.get('/notes', (_request, response) => void response.status(429).json({ error: 'slow down' })),
      },
      [pageSize],
      paged,
    )
    expect(counts).toMatchObject({ fail: 0, pass: 0, inconclusive: 1 })
  })
})
