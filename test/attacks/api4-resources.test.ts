import { randomUUID } from 'node:crypto'
import { type Running, serve } from 'turnpike/server'
import { memoryState } from 'turnpike/stores/memory'
import { generateKeyRing } from 'turnpike/vault'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { State } from '../../src/stores/store.ts'
import { deferred, openSocket, problemOf } from '../server/raw-socket.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { behaviour, foldersTable, notesTable, small } from '../support/small-api.ts'
import { listLog } from '../support/small-gate.ts'
import { api4 } from './attacks/api4.ts'
import { send } from './http-client.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API4 resources', api4)

const ALICE = 'Authorization: Bearer alice.acme\r\n'
const MEGABYTE = 1_000_000

describe.each(['fastify', 'node'] as const)('API4 resources of a connection: %s, short time-outs', (adapter) => {
  let running: Running
  let state: State
  beforeAll(async () => {
    state = memoryState()
    running = await serve(small, {
      state,
      adapter,
      identity: fakeIdentity,
      keys: generateKeyRing(),
      audit: listLog(),
      environment: 'test',
      logLevel: 'silent',
      port: 0,
      http: { requestTimeoutMilliseconds: 500, headersTimeoutMilliseconds: 300 },
    })
  })
  afterAll(async () => {
    await running.close()
    await state.close()
  })

  const port = () => Number(new URL(running.url).port)
  const call = (method: string, target: string, body: string | null = null) =>
    send(port(), {
      method,
      target,
      headers: [
        ['Authorization', 'Bearer alice.acme'],
        ...(body === null ? [] : [['Content-Type', 'application/json'] as const]),
      ],
      body,
    })
  const alive = async () => expect((await call('GET', '/health')).status).toBe(200)
  const head = (route: string, more = '') => `${route} HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n${ALICE}${more}`

  it('77 headers, and a body, that drip in are cut at their time, and others are served meanwhile', async () => {
    const headers = await openSocket(running.url)
    headers.write(head('GET /v1/notes', 'X-Slow: '))
    const body = await openSocket(running.url)
    body.write(head('POST /v1/guess', 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"email":"'))
    const drip = setInterval(() => {
      for (const { socket } of [headers, body]) if (socket.writable) socket.write('a')
    }, 50)
    await alive()
    const answers = await Promise.all([headers.closed(), body.closed()])
    clearInterval(drip)
    for (const text of answers) expect(problemOf(text)).toMatchObject({ status: 408, code: 'request_timeout' })
    await alive()
  })

  it.each([
    ['declared', 'Content-Length: 10000000', (text: string) => text],
    ['chunked', 'Transfer-Encoding: chunked', (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`],
  ])('71 ten megabytes, %s, get 413 and the end of the connection', async (_how, framing, frame) => {
    const raw = await openSocket(running.url)
    raw.write(head('POST /v1/guess', `Content-Type: application/json\r\n${framing}\r\n\r\n`))
    for (let sent = 0; sent < 10; sent++) raw.write(frame('a'.repeat(MEGABYTE)))
    const text = await raw.closed()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(problemOf(text).code).toBe('too_large')
    await alive()
  })

  it('77 a handler that never ends is ended by its deadline', async () => {
    let aborted = false
    behaviour.slow = (signal) =>
      new Promise((_done, fail) => {
        signal.addEventListener('abort', () => {
          aborted = true
          fail(signal.reason)
        })
      })
    const answer = await call('POST', '/v1/slow')
    expect(answer.status).toBe(504)
    expect(aborted).toBe(true)
    await alive()
  })

  it('77 calls beyond the concurrency of an endpoint are turned away, and its places come free again', async () => {
    const gate = deferred<void>()
    const entered = deferred<void>()
    let inside = 0
    behaviour.slow = () => {
      inside += 1
      if (inside === 2) entered.resolve()
      return gate.promise
    }
    const first = [call('POST', '/v1/slow'), call('POST', '/v1/slow')]
    await entered.promise
    const third = await call('POST', '/v1/slow')
    expect([third.status, third.headers['retry-after']]).toEqual([503, '1'])
    await alive()
    gate.resolve()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([204, 204])
    expect((await call('POST', '/v1/slow')).status).toBe(204)
  })

  it('78 a batch is bounded, and each of its items is checked (lesson 35)', async () => {
    foldersTable.clear()
    notesTable.clear()
    const plant = (ownerId: string) => {
      const id = randomUUID()
      notesTable.set(id, {
        id,
        ownerId,
        tenantId: 'acme',
        folderId: randomUUID(),
        text: `of ${ownerId}`,
        phone: '1',
        score: 1,
      })
      return id
    }
    const merge = (notes: readonly string[], key: string) =>
      send(port(), {
        method: 'POST',
        target: '/v1/notes/merge',
        headers: [
          ['Authorization', 'Bearer alice.acme'],
          ['Content-Type', 'application/json'],
          ['Idempotency-Key', key],
        ],
        body: JSON.stringify({ notes }),
      })
    const own = Array.from({ length: 11 }, () => plant('alice'))
    const theirs = plant('bob')
    expect((await merge(own.slice(0, 10), 'batch-of-10')).status).toBe(200)
    expect((await merge(own, 'batch-of-11')).status).toBe(400)
    const mixed = await merge([...own.slice(0, 9), theirs], 'batch-mixed')
    expect(mixed.status).toBe(400)
    expect(mixed.text).not.toContain('of bob')
  })
})
