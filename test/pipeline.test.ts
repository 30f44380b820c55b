import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { behaviour, foldersTable, type NoteRow, notesTable, viewers } from './support/small-api.ts'
import { smallGate } from './support/small-gate.ts'

const ALICE = 'alice.acme'
const BOB = 'bob.acme'
const CAROL = 'carol.other'
const ADMIN = 'root.acme.admin'

function note(changes: Partial<NoteRow> = {}): NoteRow {
  const row: NoteRow = {
    id: randomUUID(),
    ownerId: 'alice',
    tenantId: 'acme',
    folderId: randomUUID(),
    text: 'hello',
    phone: 'abcdefgh',
    score: 3,
    ...changes,
  }
  notesTable.set(row.id, row)
  return row
}

beforeEach(() => {
  notesTable.clear()
  foldersTable.clear()
  viewers.clear()
  behaviour.list = () => [...notesTable.values()]
  behaviour.slow = async () => {}
})

describe('objects', () => {
  it('gives the owner the object, and others the 404 of an object that never was', async () => {
    const { call } = await smallGate()
    const { id } = note()
    expect((await call(`GET /v1/notes/${id}`, { as: ALICE })).body).toMatchObject({
      id,
      text: 'hello',
      phone: 'abcdefgh',
    })
    const never = await call(`GET /v1/notes/${randomUUID()}`, { as: BOB })
    for (const as of [BOB, CAROL]) {
      const denied = await call(`GET /v1/notes/${id}`, { as })
      expect(denied.status).toBe(404)
      expect({ ...denied.body, requestId: '' }).toEqual({ ...never.body, requestId: '' })
      expect(Object.keys(denied.headers)).toEqual(Object.keys(never.headers))
    }
  })

  it('lets a viewer read, with the mask, and answers 403 when he changes it', async () => {
    const { call } = await smallGate()
    const { id } = note()
    viewers.set(id, new Set(['bob', 'carol']))
    const read = await call(`GET /v1/notes/${id}`, { as: BOB })
    expect(read.status).toBe(200)
    expect(read.body.phone).not.toContain('abcd')
    expect(read.body).not.toHaveProperty('score')
    expect((await call(`PATCH /v1/notes/${id}`, { as: BOB, body: { text: 'mine' } })).status).toBe(403)
    expect((await call(`GET /v1/notes/${id}`, { as: CAROL })).status).toBe(404)
    expect(notesTable.get(id)?.text).toBe('hello')
  })

  it('treats a row without an owner as nobody’s (lesson 2)', async () => {
    const { call } = await smallGate()
    const { id } = note({ ownerId: null })
    expect((await call(`GET /v1/notes/${id}`, { as: ALICE })).status).toBe(404)
    expect((await call(`GET /v1/notes/${id}`, { as: ADMIN })).status).toBe(200)
  })

  it('takes only the exact spelling of an id', async () => {
    const { call } = await smallGate()
    const { id } = note()
    for (const spelling of [id.toUpperCase(), `${id}%20`, `{${id}}`])
      expect((await call(`GET /v1/notes/${spelling}`, { as: ALICE })).status, spelling).not.toBe(200)
  })

  it('asks no store for an id of another form', async () => {
    const { call } = await smallGate()
    const asked = vi.spyOn(notesTable, 'get')
    for (const id of ['*', '1', 'null', 'x'.repeat(200), `urn:uuid:${randomUUID()}`])
      expect((await call(`GET /v1/notes/${id}`, { as: ALICE })).status, id).toBe(404)
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  it('answers 404 for a child under another parent', async () => {
    const { call } = await smallGate()
    const mine = { id: randomUUID(), ownerId: 'alice', tenantId: 'acme' }
    const other = { id: randomUUID(), ownerId: 'alice', tenantId: 'acme' }
    foldersTable.set(mine.id, mine).set(other.id, other)
    const { id } = note({ folderId: mine.id })
    expect((await call(`GET /v1/folders/${mine.id}/notes/${id}`, { as: ALICE })).status).toBe(200)
    expect((await call(`GET /v1/folders/${other.id}/notes/${id}`, { as: ALICE })).status).toBe(404)
  })

  it('checks every id of a list by itself, and says the same of a stranger’s and of one that never was (lesson 35)', async () => {
    const { call } = await smallGate()
    const own = note()
    const strangers = note({ ownerId: 'bob' })
    const never = randomUUID()
    const merge = (ids: string[]) =>
      call('POST /v1/notes/merge', { as: ALICE, body: { notes: ids }, headers: { 'idempotency-key': randomUUID() } })
    expect((await merge([own.id])).body).toEqual({ texts: ['hello'] })
    const denied = await merge([own.id, strangers.id, never])
    expect(denied.status).toBe(400)
    expect(denied.body.faults).toEqual([
      { at: '/body/notes/1', message: 'there is no such note' },
      { at: '/body/notes/2', message: 'there is no such note' },
    ])
  })
})

describe('replies', () => {
  it('answers 500 and alarms when a list holds a row of somebody else', async () => {
    const { call, audit } = await smallGate()
    note()
    const strangers = note({ ownerId: 'bob' })
    const leaked = await call('GET /v1/notes', { as: ALICE })
    expect(leaked.status).toBe(500)
    expect(JSON.stringify(leaked.body)).not.toContain(strangers.id)
    expect(audit.events.at(-1)).toMatchObject({ type: 'reply.held_back', code: 'reply_invalid' })
  })

  it('holds back a row of another tenant even from an admin', async () => {
    const { call } = await smallGate()
    note({ tenantId: 'other' })
    expect((await call('GET /v1/notes', { as: ADMIN })).status).toBe(500)
  })

  it('drops members that the schema does not have', async () => {
    const { call } = await smallGate()
    const row = note()
    Object.assign(row, { passwordHash: 'x' })
    expect((await call(`GET /v1/notes/${row.id}`, { as: ALICE })).body).not.toHaveProperty('passwordHash')
  })

  it.each([['text'], [{}], [{ id: null }], [7]])(
    'says that %j is no row, instead of speaking of a leak',
    async (row) => {
      const { call, audit } = await smallGate()
      behaviour.list = () => [row as never]
      expect((await call('GET /v1/notes', { as: ALICE })).status).toBe(500)
      expect(audit.events.at(-1)?.detail).toContain('is no row of "note"')
    },
  )

  it('sends the headers of an API', async () => {
    const { call } = await smallGate()
    const { headers } = await call('GET /v1/notes', { as: ALICE })
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'ratelimit-policy': '"principal";q=100;w=60',
    })
  })
})

describe('input', () => {
  it('refuses members that only another role may set, even with the value they have', async () => {
    const { call } = await smallGate()
    const { id } = note()
    const refused = await call(`PATCH /v1/notes/${id}`, { as: ALICE, body: { score: 3 } })
    expect(refused.status).toBe(400)
    expect(refused.body.faults).toEqual([{ at: '/body/score', message: 'may not be set by this caller' }])
    expect((await call(`PATCH /v1/notes/${id}`, { as: ADMIN, body: { score: 9 } })).body.score).toBe(9)
  })

  it.each([
    ['unknown member', { text: 'x', admin: true }, 400],
    ['prototype', '{"__proto__":{"admin":true}}', 400],
    ['repeated key', '{"text":"a","text":"b"}', 400],
    ['deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 400],
    ['no JSON', '{', 400],
    ['array', [], 400],
  ])('refuses a body with %s', async (_name, body, status) => {
    const { call } = await smallGate()
    const { id } = note()
    expect((await call(`PATCH /v1/notes/${id}`, { as: ALICE, body })).status).toBe(status)
    expect(notesTable.get(id)?.text).toBe('hello')
  })

  it('reads no byte of the body before it is known that the caller may call', async () => {
    const { call, gate } = await smallGate()
    void gate
    expect((await call(`PATCH /v1/notes/${randomUUID()}`, { body: '{' })).status).toBe(401)
    expect((await call('POST /v1/notes/merge', { as: 'key-alice.acme.notes~read', body: '{' })).status).toBe(403)
  })

  it('refuses queries and bodies where none is declared', async () => {
    const { call } = await smallGate()
    const { id } = note()
    expect((await call(`GET /v1/notes/${id}?a=1`, { as: ALICE })).status).toBe(400)
    expect((await call('POST /v1/slow', { as: ALICE, body: {} })).status).toBe(400)
  })
})

describe('callers', () => {
  it('lets API keys only where the endpoint names a scope, and with that scope', async () => {
    const { call } = await smallGate()
    const { id } = note()
    expect((await call(`GET /v1/notes/${id}`, { as: 'key-alice.acme.notes~read' })).status).toBe(200)
    const without = await call(`GET /v1/notes/${id}`, { as: 'key-alice.acme' })
    expect([without.status, without.headers['www-authenticate']]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="notes:read"',
    ])
    expect((await call('GET /v1/notes', { as: 'key-alice.acme.notes~read' })).status).toBe(403)
  })

  it('answers 401 with a bare challenge to nobody, and with an error to a wrong token', async () => {
    const { call } = await smallGate()
    expect((await call('GET /v1/notes')).headers['www-authenticate']).toBe('Bearer')
    const wrong = await call('GET /v1/notes', { as: 'not-a-token' })
    expect(wrong.status).toBe(401)
    expect(wrong.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  it('asks nobody to sign in before any object is looked for', async () => {
    const { call } = await smallGate()
    const asked = vi.spyOn(notesTable, 'get')
    for (const path of [`GET /v1/notes/${note().id}`, `GET /v0/notes/${note().id}`, `GET /v1/notes/${randomUUID()}`])
      expect((await call(path)).status, path).toBe(401)
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  it('asks for a step-up with the challenge of RFC 9470', async () => {
    const { call } = await smallGate()
    const { id } = note()
    const refused = await call(`POST /v1/notes/${id}/burn`, { as: ALICE })
    expect(refused.status).toBe(401)
    expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication')
    expect(refused.headers['www-authenticate']).toContain('max_age="300"')
  })
})

describe('limits', () => {
  it('counts by principal, answers 429 with Retry-After, and forgets nothing for another address', async () => {
    const { call, clock } = await smallGate()
    for (let count = 0; count < 100; count++) expect((await call('GET /v1/notes', { as: ALICE })).status).toBe(200)
    const refused = await call('GET /v1/notes', { as: ALICE, peer: '::ffff:10.1.2.3' })
    expect(refused.status === 429 || refused.status === 403).toBe(true)
    expect((await call('GET /v1/notes', { as: ALICE })).headers['retry-after']).toBeDefined()
    expect((await call('GET /v1/notes', { as: BOB })).status).toBe(200)
    clock.advance(61_000)
    expect((await call('GET /v1/notes', { as: ALICE })).status).toBe(200)
  })

  it('counts every spelling of an account as one', async () => {
    const { call } = await smallGate()
    const guess = (email: string) => call('POST /v1/guess', { body: { email } })
    expect([(await guess('a@x.y')).status, (await guess('A@X.y')).status, (await guess(' a@x.y ')).status]).toEqual([
      204, 204, 429,
    ])
    expect((await guess('b@x.y')).status).toBe(204)
  })

  it('ends a handler at its deadline, and tells it', async () => {
    const { call } = await smallGate()
    let aborted = false
    behaviour.slow = (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          aborted = true
          resolve()
        }),
      )
    expect((await call('POST /v1/slow', { as: ALICE })).status).toBe(504)
    expect(aborted).toBe(true)
  })

  it('answers 503 when all places are taken', async () => {
    const { call } = await smallGate()
    let finish = () => {}
    behaviour.slow = () =>
      new Promise((resolve) => {
        finish = resolve
      })
    const first = call('POST /v1/slow', { as: ALICE })
    const second = call('POST /v1/slow', { as: BOB })
    await new Promise((resolve) => setTimeout(resolve, 50))
    const third = await call('POST /v1/slow', { as: ADMIN })
    expect([third.status, third.headers['retry-after']]).toEqual([503, '1'])
    finish()
    void first
    void second
  })

  it('keeps nothing of a request that found no place: it may come again with its key', async () => {
    const { call } = await smallGate()
    const waiting: (() => void)[] = []
    behaviour.slow = () => new Promise((resolve) => void waiting.push(resolve))
    const running = [call('POST /v1/slow', { as: ALICE }), call('POST /v1/slow', { as: BOB })]
    await vi.waitFor(() => expect(waiting).toHaveLength(2))
    const headers = { 'idempotency-key': randomUUID() }
    expect((await call('POST /v1/slow', { as: ADMIN, headers })).status).toBe(503)
    behaviour.slow = async () => {}
    for (const finish of waiting) finish()
    await Promise.all(running)
    expect((await call('POST /v1/slow', { as: ADMIN, headers })).status).toBe(204)
  })
})

describe('flows and idempotency', () => {
  it('runs a once-only flow once, for everybody', async () => {
    const { call } = await smallGate()
    const { id } = note()
    const results = await Promise.all(
      Array.from({ length: 10 }, () => call(`POST /v1/notes/${id}/publish`, { as: ALICE })),
    )
    expect(results.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409, 409, 409, 409, 409, 409, 409])
  })

  it('keeps a quota for each principal, and gives back what failed', async () => {
    const { call } = await smallGate()
    const ids = Array.from({ length: 5 }, () => note().id)
    const publish = (id: string) => call(`POST /v1/notes/${id}/publish`, { as: ALICE })
    expect((await publish(ids[0] as string)).status).toBe(204)
    expect((await publish(ids[0] as string)).status).toBe(409)
    expect((await publish(ids[1] as string)).status).toBe(204)
    expect((await publish(ids[2] as string)).status).toBe(204)
    const over = await publish(ids[3] as string)
    expect(over.status).toBe(429)
    expect(over.headers['retry-after']).toBeDefined()
  })

  it('repeats the stored reply for the same key, refuses another payload, and runs once in parallel', async () => {
    const { call } = await smallGate()
    const { id } = note()
    const key = randomUUID()
    const merge = (body: unknown, as = ALICE) =>
      call('POST /v1/notes/merge', { as, body, headers: { 'idempotency-key': key } })
    const first = await merge({ notes: [id] })
    notesTable.get(id)!.text = 'changed'
    const again = await merge({ notes: [id] })
    expect([again.status, again.body, again.headers['idempotency-replayed']]).toEqual([200, first.body, 'true'])
    expect((await merge({ notes: [id, id] })).status).toBe(422)
    expect((await merge({ notes: [id] }, BOB)).status).toBe(400)
    expect((await call('POST /v1/notes/merge', { as: ALICE, body: { notes: [id] } })).body.code).toBe(
      'idempotency_key_missing',
    )
  })
})

describe('inventory', () => {
  it('serves a deprecated version with its dates until its sunset, and 410 afterwards', async () => {
    const { call, clock } = await smallGate()
    const { id } = note()
    const old = await call(`GET /v0/notes/${id}`, { as: ALICE })
    expect([old.status, old.headers['deprecation'], old.headers['sunset']]).toEqual([
      200,
      '@1767225600',
      'Mon, 01 Jun 2026 00:00:00 GMT',
    ])
    clock.set(new Date('2026-06-01'))
    expect((await call(`GET /v0/notes/${id}`, { as: ALICE })).status).toBe(410)
  })

  it('answers 404, 405 with Allow, and HEAD like GET', async () => {
    const { call } = await smallGate()
    expect((await call('GET /v1/nothing', { as: ALICE })).status).toBe(404)
    const wrong = await call('DELETE /v1/notes', { as: ALICE })
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, HEAD'])
    expect((await call('HEAD /v1/notes', { as: ALICE })).status).toBe(200)
    expect((await call('OPTIONS /v1/notes', { as: ALICE })).status).toBe(405)
  })
})

describe('what callers are told', () => {
  it('names each unknown member at its own place', async () => {
    const { call } = await smallGate()
    const { id } = note()
    const refused = await call(`PATCH /v1/notes/${id}`, { as: ALICE, body: { text: 'x', 'a/b': 1, admin: true } })
    expect(refused.body.faults).toEqual([
      { at: '/body/a~1b', message: 'is not accepted' },
      { at: '/body/admin', message: 'is not accepted' },
    ])
  })

  it('answers 406 before anything is done', async () => {
    const { call } = await smallGate()
    const { id } = note()
    expect(
      (await call(`PATCH /v1/notes/${id}`, { as: ALICE, body: { text: 'x' }, headers: { accept: 'text/html' } }))
        .status,
    ).toBe(406)
    expect(notesTable.get(id)?.text).toBe('hello')
  })

  it('says what an Idempotency-Key must look like', async () => {
    const { call } = await smallGate()
    const refused = await call('POST /v1/notes/merge', {
      as: ALICE,
      body: { notes: [note().id] },
      headers: { 'idempotency-key': 'short' },
    })
    expect([refused.status, refused.body.detail]).toEqual([
      400,
      'Idempotency-Key must be 8 to 128 characters of A-Z a-z 0-9 _ -',
    ])
  })
})
