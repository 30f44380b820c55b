import dns from 'node:dns'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { createOutbound } from '../../src/guards/outbound/outbound.ts'
import { parseOutboundPolicy } from '../../src/guards/outbound/outbound-policy.ts'
import { selfSigned } from './outbound-certificate.ts'
import { json, listen, loopback, refused } from './outbound-listener.ts'

const reply = z.strictObject({ ok: z.boolean() })
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('rebinding: the socket gets the vetted address, the name is asked for once, and a second answer that leads inwards is denied', async () => {
  const server = await listen(json({ ok: true }))
  const answers = [['93.184.215.14'], ['127.0.0.1']]
  const lookup = vi.fn(async () => answers.shift() ?? [])
  const systemLookup = vi.spyOn(dns, 'lookup')
  const connect = net.connect
  const dials: unknown[] = []
  // Stands where the public host would: notes what is dialled, then leads it to the loopback.
  vi.spyOn(net, 'connect').mockImplementation(((to: net.NetConnectOpts & { host: string }) => {
    dials.push(to.host)
    return connect({ host: '127.0.0.1', port: server.port })
  }) as never)
  const outbound = createOutbound(parseOutboundPolicy({ hosts: 'public', dangerouslyAllowPlainHttp: true }), { lookup })
  expect((await outbound.fetch('http://rebind.example', { reply })).body).toEqual({ ok: true })
  expect(await refused(outbound.fetch('http://rebind.example', { reply }))).toBe(
    'outbound_denied: rebind.example is at 127.0.0.1, which is not public',
  )
  expect(dials).toEqual(['93.184.215.14'])
  expect(lookup.mock.calls).toEqual([['rebind.example'], ['rebind.example']])
  expect(systemLookup).not.toHaveBeenCalled()
  expect(server.requests[0]?.headers.host).toBe('rebind.example')
  expect(server.connections).toBe(1)
})

test('rebinding between two listeners: only the first answer is ever connected to', async () => {
  const first = await listen(json({ ok: true }), '127.0.0.1')
  const second = await listen(json({ ok: false }), '127.0.0.2', first.port)
  const answers = [['127.0.0.1'], ['127.0.0.2']]
  const origin = `http://rebind.example:${first.port}`
  const outbound = loopback([], { hosts: [origin] }, { lookup: async () => answers.shift() ?? [] })
  expect((await outbound.fetch(origin, { reply })).body).toEqual({ ok: true })
  expect([first.connections, second.connections]).toEqual([1, 0])
})

test('every call resolves and connects anew: no connection outlives its check', async () => {
  const server = await listen(json({ ok: true }))
  const lookup = vi.fn(async () => ['127.0.0.1'])
  const origin = `http://api.example:${server.port}`
  const outbound = loopback([], { hosts: [origin] }, { lookup })
  for (let call = 0; call < 3; call++) await outbound.fetch(origin, { reply })
  expect([lookup.mock.calls.length, server.connections]).toEqual([3, 3])
})

test('an address that does not answer leaves the call to the next', async () => {
  const server = await listen(json({ ok: true }), '127.0.0.2')
  const origin = `http://api.example:${server.port}`
  const outbound = loopback([], { hosts: [origin] }, { lookup: async () => ['127.0.0.1', '127.0.0.2'] })
  expect((await outbound.fetch(origin, { reply })).body).toEqual({ ok: true })
})

test('no proxy is taken from the environment', async () => {
  const proxy = await listen(json({ ok: false }))
  const server = await listen(json({ ok: true }))
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy'])
    vi.stubEnv(name, proxy.origin)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  expect((await loopback([server]).fetch(server.origin, { reply })).body).toEqual({ ok: true })
  expect(proxy.connections).toBe(0)
})

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}'

async function listenTls(
  names: readonly string[],
  options: tls.TlsOptions = {},
  answer = OK,
): Promise<{ port: number; cert: string; servernames: unknown[] }> {
  const { key, cert } = selfSigned(names)
  const servernames: unknown[] = []
  const server = tls.createServer({ key, cert, ...options }, (socket) => {
    servernames.push((socket as tls.TLSSocket & { servername?: string | false }).servername)
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, cert, servernames }
}

const lookup = async (): Promise<readonly string[]> => ['127.0.0.1']

test('TLS names the host, not the address, and verifies it', async () => {
  const { port, cert, servernames } = await listenTls(['api.example'])
  const origin = `https://api.example:${port}`
  const outbound = loopback([], { hosts: [origin] }, { lookup, certificateAuthorities: [cert] })
  expect((await outbound.fetch(origin, { reply })).body).toEqual({ ok: true })
  expect(servernames).toEqual(['api.example'])
})

test('TLS to an address verifies the address', async () => {
  const good = await listenTls(['127.0.0.1'])
  const bad = await listenTls(['api.example'])
  const hosts = [good, bad].map(({ port }) => `https://127.0.0.1:${port}`) as [string, string]
  const outbound = loopback([], { hosts }, { lookup, certificateAuthorities: [good.cert, bad.cert] })
  expect((await outbound.fetch(hosts[0], { reply })).body).toEqual({ ok: true })
  expect(await refused(outbound.fetch(hosts[1], { reply }))).toMatch(/^upstream_failed: .*altnames/)
})

test.each<[string, string[], boolean, tls.TlsOptions, RegExp]>([
  ['for another host', ['other.example'], true, {}, /altnames/],
  ['from an unknown authority', ['api.example'], false, {}, /self-signed/],
  [
    'over TLS 1.1',
    ['api.example'],
    true,
    { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    /alert|version|protocol/i,
  ],
])('a certificate %s is refused, whatever the environment says', async (_name, names, trusted, options, detail) => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const { port, cert } = await listenTls(names, options)
  const origin = `https://api.example:${port}`
  const outbound = loopback([], { hosts: [origin] }, { lookup, ...(trusted ? { certificateAuthorities: [cert] } : {}) })
  const answer = await refused(outbound.fetch(origin, { reply }))
  expect(answer).toMatch(/^upstream_failed: /)
  expect(answer).toMatch(detail)
})

test('a redirect from HTTPS to plain HTTP is not followed, though both are declared', async () => {
  const plain = await listen(json({ ok: true }))
  const secure = await listenTls(
    ['api.example'],
    {},
    `HTTP/1.1 302 Found\r\nlocation: ${plain.origin}/\r\ncontent-length: 0\r\n\r\n`,
  )
  const origin = `https://api.example:${secure.port}`
  const outbound = loopback(
    [],
    { hosts: [origin, plain.origin], maxRedirects: 1 },
    { lookup, certificateAuthorities: [secure.cert] },
  )
  expect(await refused(outbound.fetch(origin, { reply }))).toBe('upstream_failed: a redirect from HTTPS to plain HTTP')
  expect(plain.connections).toBe(0)
})

test('a handshake that never comes meets the time limit, and the socket is closed', async () => {
  const closed = vi.fn()
  const server = net.createServer(
    (socket) =>
      void socket
        .on('close', closed)
        .on('error', () => {})
        .resume(),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `https://api.example:${(server.address() as AddressInfo).port}`
  const outbound = loopback([], { hosts: [origin], timeoutMs: 200 }, { lookup })
  expect(await refused(outbound.fetch(origin, { reply }))).toMatch(
    /^upstream_failed: .*no (whole answer|connection) within 200 ms/,
  )
  await vi.waitUntil(() => closed.mock.calls.length === 1)
})
