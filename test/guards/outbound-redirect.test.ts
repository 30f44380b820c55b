import { expect, test } from 'vitest'
import { z } from 'zod'
import { json, type Listener, listen, loopback, redirect, refused } from './outbound-listener.ts'

const reply = z.strictObject({ ok: z.boolean() })
const credentials = {
  Authorization: 'Bearer a',
  Cookie: 'b=c',
  'X-Api-Key': 'd',
  'Api-Key': 'e',
  'X-Shop-Access-Token': 'f',
  'X-Auth': 'g',
  Accept: 'application/json',
  'User-Agent': 'h',
}

/** The names of the headers of a request that the caller of `fetch` chose. */
function chosen(listener: Listener, index = 0): string[] {
  const sent = listener.requests[index]?.headers ?? {}
  return Object.keys(credentials)
    .map((name) => name.toLowerCase())
    .filter((name) => name in sent)
}

test('redirects are off by default', async () => {
  const target = await listen(json({ ok: true }))
  const first = await listen(redirect(() => target.origin))
  const outbound = loopback([first, target])
  expect(await refused(outbound.fetch(first.origin, { reply }))).toBe('upstream_failed: more than 0 redirects')
  expect(await refused(outbound.fetch(first.origin, { reply: 'discard' }))).toBe(
    'upstream_failed: more than 0 redirects',
  )
  expect(target.connections).toBe(0)
})

test('to another port: what could be a credential stays behind, also on the way back', async () => {
  const home: Listener = await listen((request, response) =>
    (request.url === '/back' ? json({ ok: true }) : redirect(() => other.origin))(request, response),
  )
  const other: Listener = await listen(redirect(() => `${home.origin}/back`))
  const outbound = loopback([home, other], { maxRedirects: 2 })
  expect((await outbound.fetch(home.origin, { headers: credentials, reply })).body).toEqual({ ok: true })
  expect(chosen(home, 0)).toHaveLength(8)
  expect(chosen(other)).toEqual(['accept', 'user-agent'])
  expect(chosen(home, 1)).toEqual(['accept', 'user-agent'])
})

test('within an origin the headers stay', async () => {
  const home = await listen((request, response) =>
    (request.url === '/a/c?d=e' ? json({ ok: true }) : redirect(() => 'c?d=e'))(request, response),
  )
  const outbound = loopback([home], { maxRedirects: 1 })
  expect((await outbound.fetch(`${home.origin}/a/b`, { headers: credentials, reply })).body).toEqual({ ok: true })
  expect(chosen(home, 1)).toHaveLength(8)
})

test.each([
  [301, 'POST', 'GET', false],
  [302, 'POST', 'GET', false],
  [303, 'POST', 'GET', false],
  [303, 'PUT', 'GET', false],
  [307, 'POST', 'POST', true],
  [308, 'PUT', 'PUT', true],
  [302, 'PUT', 'PUT', true],
] as const)('%i after %s becomes %s within the origin', async (status, method, follows, keepsBody) => {
  const bodies: string[] = []
  const home = await listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    bodies.push(Buffer.concat(chunks).toString())
    if (request.url === '/') redirect(() => '/next', status)(request, response)
    else json({ ok: true })(request, response)
  })
  await loopback([home], { maxRedirects: 1 }).fetch(home.origin, {
    method,
    headers: { 'content-type': 'text/plain' },
    body: 'payload',
    reply,
  })
  expect(home.requests[1]?.method).toBe(follows)
  expect(home.requests[1]?.headers['content-type']).toBe(keepsBody ? 'text/plain' : undefined)
  expect(bodies).toEqual(['payload', keepsBody ? 'payload' : ''])
})

test.each([307, 308])('%i does not carry a body to another origin', async (status) => {
  const other = await listen(json({ ok: true }))
  const home = await listen(redirect(() => other.origin, status))
  const outbound = loopback([home, other], { maxRedirects: 1 })
  expect(await refused(outbound.fetch(home.origin, { method: 'POST', body: 'secret', reply }))).toContain(
    'repeat POST at another origin',
  )
  expect(other.connections).toBe(0)
})

test.each([
  'http://10.0.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0/',
  '//10.0.0.1/',
  '//2130706433/',
  '\\\\10.0.0.1/',
  '/\\10.0.0.1',
  'http:/10.0.0.1',
  'http://localhost/',
  'http://user@93.184.215.14/',
  'http://93.184.215.14/#fragment',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_x',
  'javascript:0',
  'data:application/json,{"ok":true}',
  'https://93.184.215.14:22/',
  'http://',
])('a redirect to %s is denied', async (location) => {
  const home = await listen(redirect(() => location))
  const outbound = loopback([], { hosts: 'public', ports: [80, 443, home.port], maxRedirects: 5 })
  expect(await refused(outbound.fetch(home.origin, { reply }))).toMatch(/^outbound_denied: ./)
  expect(home.connections).toBe(1)
})

test('a redirect to a name is resolved and vetted as well', async () => {
  const home = await listen(redirect(() => 'http://inner.example/'))
  const outbound = loopback(
    [],
    { hosts: 'public', ports: [80, home.port], maxRedirects: 1 },
    { lookup: async () => ['10.0.0.1'] },
  )
  expect(await refused(outbound.fetch(home.origin, { reply }))).toBe(
    'outbound_denied: inner.example is at 10.0.0.1, which is not public',
  )
})

test('a redirect to an origin that is not declared is denied', async () => {
  const other = await listen(json({ ok: true }))
  const home = await listen(redirect(() => other.origin))
  const outbound = loopback([home], { ports: [home.port, other.port], maxRedirects: 1 })
  expect(await refused(outbound.fetch(home.origin, { reply }))).toContain('is not among the declared hosts')
  expect(other.connections).toBe(0)
})

test('a circle ends at the limit', async () => {
  const home = await listen(redirect(() => '/again'))
  expect(await refused(loopback([home], { maxRedirects: 3 }).fetch(home.origin, { reply }))).toBe(
    'upstream_failed: more than 3 redirects',
  )
  expect(home.requests).toHaveLength(4)
})

test('redirects share one time limit', async () => {
  const home = await listen(
    (request, response) => void setTimeout(() => redirect(() => '/again')(request, response), 60),
  )
  expect(await refused(loopback([home], { maxRedirects: 5, timeoutMs: 200 }).fetch(home.origin, { reply }))).toBe(
    'upstream_failed: no whole answer within 200 ms',
  )
})

test('a redirect without a location, or with two, is a failed upstream', async () => {
  const none = await listen((_request, response) => response.writeHead(302).end())
  const two = await listen((_request, response) => response.writeHead(302, ['location', '/a', 'location', '/b']).end())
  const outbound = loopback([none, two], { maxRedirects: 1 })
  expect(await refused(outbound.fetch(none.origin, { reply }))).toBe('upstream_failed: a redirect without one location')
  expect(await refused(outbound.fetch(two.origin, { reply }))).toBe('upstream_failed: a redirect without one location')
})
