import { getEventListeners } from 'node:events'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { toProblem } from '../../src/base/problem.ts'
import { Refusal } from '../../src/base/refusal.ts'
import { createOutbound } from '../../src/guards/outbound/outbound.ts'
import { parseOutboundPolicy } from '../../src/guards/outbound/outbound-policy.ts'
import { json, listen, loopback, refused } from './outbound-listener.ts'

const reply = z.strictObject({ rate: z.number().min(0).max(10) })

test('a validated answer comes back as the schema gives it, asked for without encoding', async () => {
  const server = await listen(json({ rate: 1.5 }))
  const outbound = loopback([server])
  const sent = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'x-api-key': 'k' },
    body: '{"of":"EUR"}',
    reply,
  } as const
  expect(await outbound.fetch(`${server.origin}/rates?of=EUR`, sent)).toEqual({
    status: 200,
    mediaType: 'application/json',
    body: { rate: 1.5 },
  })
  const [request] = server.requests
  expect(request).toMatchObject({ method: 'POST', url: '/rates?of=EUR' })
  expect(request?.headers).toMatchObject({
    'accept-encoding': 'identity',
    accept: 'application/json',
    'x-api-key': 'k',
    'content-length': '12',
    host: server.origin.slice(7),
  })
})

test('an answer that is no success keeps its status and nothing of its body', async () => {
  const server = await listen(json({ rate: 1 }, 404))
  expect(await loopback([server]).fetch(server.origin, { reply })).toEqual({
    status: 404,
    mediaType: 'application/json',
    body: null,
  })
})

test('a discarded answer is not read, however long, and its connection is closed', async () => {
  const closed = vi.fn()
  const server = await listen((_request, response) => {
    response.on('close', closed)
    response.writeHead(200, { 'content-type': 'TEXT/plain; x=1' })
    response.write('x'.repeat(100_000))
  })
  const answer = await loopback([server], { maxBytes: 10 }).fetch(server.origin, { reply: 'discard' })
  expect(answer).toEqual({ status: 200, mediaType: 'text/plain', body: null })
  await vi.waitUntil(() => closed.mock.calls.length === 1)
})

test.each<[string, Parameters<typeof listen>[0], RegExp]>([
  ['breaks the schema', json({ rate: 11 }), /does not match its schema: \/rate/],
  ['has a member more', json({ rate: 1, admin: true }), /does not match its schema/],
  [
    'holds __proto__',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end('{"rate":1,"__proto__":{}}'),
    /no acceptable JSON/,
  ],
  [
    'is cut JSON',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end('{"rate":'),
    /no acceptable JSON/,
  ],
  ['is empty', (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end(), /no acceptable JSON/],
  [
    'is 100,000 levels deep',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end('['.repeat(100_000) + ']'.repeat(100_000)),
    /no acceptable JSON/,
  ],
  [
    'is not UTF-8',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0x22, 0xff, 0x22])),
    /no acceptable JSON/,
  ],
  [
    'names another charset',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json; charset=utf-7' }).end('{"rate":1}'),
    /charset/,
  ],
  [
    'has another media type',
    (_q, s) => s.writeHead(200, { 'content-type': 'text/html' }).end('{"rate":1}'),
    /media type text\/html/,
  ],
  ['has no media type', (_q, s) => s.writeHead(200).end('{"rate":1}'), /media type null/],
  [
    'has two media types',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json, text/html' }).end('{"rate":1}'),
    /media type null/,
  ],
  [
    'is a gzip bomb',
    (_q, s) =>
      s
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(`"${'a'.repeat(5_000_000)}"`)),
    /encoded/,
  ],
  [
    'is too long and says so',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json' }).end(`"${'a'.repeat(300_000)}"`),
    /longer than 250000 bytes/,
  ],
  [
    'is too long and chunked',
    (_q, s) => {
      s.writeHead(200, { 'content-type': 'application/json' })
      s.write('"')
      s.end('a'.repeat(300_000))
    },
    /longer than 250000 bytes/,
  ],
  [
    'has headers without end',
    (_q, s) => s.writeHead(200, { 'content-type': 'application/json', 'x-long': 'a'.repeat(20_000) }).end('{"rate":1}'),
    /Headers/,
  ],
  ['is no HTTP', (q) => q.socket.end('SSH-2.0-x\r\n'), /HTTPParserError/],
  ['ends early', (q) => q.socket.destroy(), /SocketError/],
  ['redirects', (_q, s) => s.writeHead(302, { location: '/elsewhere' }).end(), /more than 0 redirects/],
])('an answer that %s is refused, without a word of it to the caller', async (_name, handle, detail) => {
  const server = await listen(handle)
  const error = await loopback([server], { maxBytes: 250_000 })
    .fetch(server.origin, { reply })
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Refusal)
  expect(error).toMatchObject({ code: 'upstream_failed', status: 502, detail: expect.stringMatching(detail) })
  expect(toProblem(error as Refusal, 'r')).toEqual({
    type: 'about:blank',
    title: 'An upstream service gave no usable answer',
    status: 502,
    code: 'upstream_failed',
    requestId: 'r',
  })
})

test.each<[string, Parameters<typeof listen>[0]]>([
  ['never answers', () => {}],
  [
    'drips its headers',
    (q) => {
      q.socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => q.socket.write('x: y\r\n'), 10)
      q.socket.on('close', () => clearInterval(drip)).on('error', () => {})
    },
  ],
  [
    'drips its body',
    (_q, s) => {
      s.writeHead(200, { 'content-type': 'application/json' }).write('[')
      const drip = setInterval(() => s.write(' '), 10)
      s.on('close', () => clearInterval(drip))
    },
  ],
])('a server that %s meets the time limit', async (_name, handle) => {
  const server = await listen(handle)
  expect(await refused(loopback([server], { timeoutMs: 200 }).fetch(server.origin, { reply }))).toBe(
    'upstream_failed: no whole answer within 200 ms',
  )
})

test('a look-up that never ends is the same refusal as a name that does not resolve', async () => {
  const policy = parseOutboundPolicy({ hosts: 'public', timeoutMs: 50 })
  const hanging = createOutbound(policy, { lookup: () => new Promise(() => {}) })
  const unknown = createOutbound(policy, { lookup: () => Promise.reject(new Error('ENOTFOUND')) })
  const empty = createOutbound(policy, { lookup: async () => [] })
  const inner = createOutbound(policy, { lookup: async () => ['10.0.0.1'] })
  const problems = await Promise.all(
    [hanging, unknown, empty, inner].map(({ fetch }) =>
      fetch('https://a.example', { reply }).then(
        () => null,
        (error: Refusal) => toProblem(error, 'r'),
      ),
    ),
  )
  expect(problems[0]).toMatchObject({ code: 'outbound_denied', status: 422 })
  for (const problem of problems) expect(problem).toEqual(problems[0])
})

test('a validation that never ends meets the time limit', async () => {
  const server = await listen(json({ rate: 1 }))
  const hanging = z.strictObject({ rate: z.number() }).refine(() => new Promise<boolean>(() => {}))
  expect(await refused(loopback([server], { timeoutMs: 200 }).fetch(server.origin, { reply: hanging }))).toBe(
    'upstream_failed: no whole answer within 200 ms',
  )
})

test('a closed port is a failed upstream', async () => {
  const server = await listen(json({}))
  const elsewhere = `http://127.0.0.3:${server.port}`
  const outbound = loopback([server], { hosts: [elsewhere] })
  expect(await refused(outbound.fetch(elsewhere, { reply }))).toMatch(/^upstream_failed: Error: connect ECONNREFUSED/)
})

test('whoever ends a call decides its refusal', async () => {
  const server = await listen(() => {})
  const caller = new AbortController()
  const process = new AbortController()
  const outbound = loopback([server], {}, { signal: process.signal })
  const first = refused(outbound.fetch(server.origin, { reply, signal: caller.signal }))
  const second = refused(outbound.fetch(server.origin, { reply }))
  await vi.waitUntil(() => server.requests.length === 2)
  caller.abort(new Refusal('deadline_exceeded', { detail: 'the endpoint had 1 s' }))
  expect(await first).toBe('deadline_exceeded: the endpoint had 1 s')
  process.abort()
  expect(await second).toBe('upstream_failed: the call was cancelled')
  expect(await refused(outbound.fetch(server.origin, { reply }))).toBe('upstream_failed: the call was cancelled')
  expect(server.connections).toBe(2)
})

test('a call that was ended before it began asks for no name', async () => {
  const lookup = vi.fn(async () => ['127.0.0.1'])
  const outbound = loopback([], { hosts: ['http://api.example'] }, { lookup })
  expect(await refused(outbound.fetch('http://api.example', { reply, signal: AbortSignal.abort() }))).toBe(
    'upstream_failed: the call was cancelled',
  )
  expect(lookup).not.toHaveBeenCalled()
})

test('a signal that outlives a call keeps nothing of it', async () => {
  const server = await listen(json({ rate: 1 }))
  const { signal } = new AbortController()
  await loopback([server], {}, { signal }).fetch(server.origin, { reply, signal })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('calls beyond maxConcurrent are refused at once, and close() waits for those that run', async () => {
  const release: (() => void)[] = []
  const server = await listen((request, response) => release.push(() => json({ rate: 1 })(request, response)))
  const outbound = loopback([server], { maxConcurrent: 1 })
  const running = outbound.fetch(server.origin, { reply })
  expect(await refused(outbound.fetch(server.origin, { reply }))).toBe('unavailable: 1 outbound calls are running')
  await vi.waitUntil(() => release.length === 1)
  const closed = outbound.close()
  expect(await refused(outbound.fetch(server.origin, { reply }))).toBe('unavailable: outbound calls are closing')
  release[0]?.()
  expect((await running).body).toEqual({ rate: 1 })
  await closed
  expect(server.connections).toBe(1)
})

test.each<[string, object]>([
  ['CR LF in a value', { headers: { 'x-a': 'a\r\nhost: b' } }],
  ['LF in a value', { headers: { 'x-a': 'a\nb' } }],
  ['NUL in a value', { headers: { 'x-a': 'a\0b' } }],
  ['a value beyond ASCII', { headers: { 'x-a': 'a\u010ab' } }],
  ['CR LF in a name', { headers: { 'x-a\r\nx-b': 'a' } }],
  ['an empty name', { headers: { '': 'a' } }],
  ['another host', { headers: { Host: 'internal' } }],
  ['its own framing', { headers: { 'Transfer-Encoding': 'chunked' } }],
  ['its own length', { headers: { 'content-length': '0' } }],
  ['its own encoding', { headers: { 'accept-encoding': 'gzip' } }],
  ['a proxy credential', { headers: { 'Proxy-Authorization': 'Basic x' } }],
  ['one header twice', { headers: { 'X-A': 'a', 'x-a': 'b' } }],
  ['over-long headers', { headers: { 'x-a': 'a'.repeat(9000) } }],
  ['a method of its own', { method: 'CONNECT' }],
  ['a method in lower case', { method: 'get' }],
])('a request with %s is not sent', async (_name, request) => {
  const server = await listen(json({ rate: 1 }))
  expect(await refused(loopback([server]).fetch(server.origin, { ...request, reply }))).toMatch(/^outbound_denied: /)
  expect(server.connections).toBe(0)
})

test('only declared origins are called: the port and the scheme count', async () => {
  const declared = await listen(json({ rate: 1 }))
  const other = await listen(json({ rate: 1 }))
  const outbound = loopback([declared], { ports: [declared.port, other.port] })
  expect(await refused(outbound.fetch(other.origin, { reply }))).toContain('is not among the declared hosts')
  expect(await refused(outbound.fetch(declared.origin.replace('http', 'https'), { reply }))).toContain(
    'is not among the declared hosts',
  )
  expect((await outbound.fetch(declared.origin, { reply })).status).toBe(200)
  expect(other.connections).toBe(0)
})
