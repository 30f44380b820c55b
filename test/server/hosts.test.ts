import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { behaviour, rows } from './notes-api.ts'
import { deferred, exchange, openSocket, problemOf } from './raw-socket.ts'
import { ADMIN, ALICE, membersOf, start } from './running.ts'

const HOST = 'Host: api.example\r\n'
const CLOSE = 'Connection: close\r\n'
const NOTE = '3f0c9a5e-7f43-4f0e-9a55-2f5f8a4f1c11'

describe.each(['fastify', 'node'] as const)('served by %s', (adapter) => {
  let server: Awaited<ReturnType<typeof start>>
  let url = ''
  beforeAll(async () => {
    server = await start({
      adapter,
      origins: ['https://app.example'],
      http: { headersTimeoutMilliseconds: 400, requestTimeoutMilliseconds: 600 },
      loadShed: { maxEventLoopDelayMilliseconds: 60_000 },
    })
    url = server.running.url
    rows.set(NOTE, { id: NOTE, ownerId: 'alice', tenantId: 'acme', text: 'hello' })
  })
  afterAll(() => server.close())
  // Whatever a test sent, the server lives.
  afterEach(async () => {
    behaviour.slow = async () => {}
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  it('serves the contract, with the headers of the gate and none that name the software', async () => {
    const response = await fetch(`${url}/v1/notes/${NOTE}`, { headers: { authorization: ALICE } })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(rows.get(NOTE))
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const name of ['server', 'x-powered-by']) expect(response.headers.get(name)).toBeNull()
  })

  it('takes a body and gives it back', async () => {
    const text = 'ü'.repeat(20_000)
    const response = await fetch(`${url}/v1/echo`, {
      method: 'POST',
      headers: { authorization: ALICE, 'content-type': 'application/json' },
      body: JSON.stringify({ text }),
    })
    expect(await response.json()).toEqual({ text })
  })

  it('no header makes the host route by itself', async () => {
    for (const name of ['accept-version', 'x-http-method-override', 'x-original-url', 'x-rewrite-url']) {
      expect((await fetch(`${url}/health`, { headers: { [name]: '/v9' } })).status).toBe(200)
    }
  })

  it('streams a reply', async () => {
    const response = await fetch(`${url}/v1/stream`, { headers: { authorization: ADMIN } })
    expect(await response.text()).toBe('one two three')
  })

  it('HEAD is GET without its body', async () => {
    const [get, head] = await Promise.all([fetch(`${url}/health`), fetch(`${url}/health`, { method: 'HEAD' })])
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'))
    expect(await head.text()).toBe('')
    const streamed = await fetch(`${url}/v1/stream`, { method: 'HEAD', headers: { authorization: ADMIN } })
    expect([streamed.status, await streamed.text()]).toEqual([200, ''])
  })

  it('answers a preflight by the policy of the method it asks for', async () => {
    const ask = (origin: string) =>
      fetch(`${url}/v1/echo`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
    const allowed = await ask('https://app.example')
    expect([
      allowed.status,
      allowed.headers.get('access-control-allow-origin'),
      allowed.headers.get('access-control-allow-methods'),
    ]).toEqual([204, 'https://app.example', 'POST'])
    const denied = await ask('https://evil.example')
    expect([denied.status, denied.headers.get('access-control-allow-origin')]).toEqual([403, null])
  })

  const broken: readonly (readonly [name: string, bytes: string, status: number, code: string])[] = [
    ['a request line without a target', `GET\r\n${HOST}\r\n`, 400, 'bad_request'],
    ['a request line of another protocol', '\x16\x03\x01\x02\x00\x01\r\n\r\n', 400, 'bad_request'],
    ['an unknown HTTP version', `GET /health HTTP/9.9\r\n${HOST}\r\n`, 400, 'bad_request'],
    [
      'Content-Length and Transfer-Encoding',
      `POST /v1/echo HTTP/1.1\r\n${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'ambiguous_framing',
    ],
    [
      'two lengths',
      `POST /v1/echo HTTP/1.1\r\n${HOST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
      400,
      'ambiguous_framing',
    ],
    [
      'a coding that is not chunked at its end',
      `POST /v1/echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
      400,
      'ambiguous_framing',
    ],
    ['a folded header', `GET /health HTTP/1.1\r\n${HOST}X-Long: one\r\n two\r\n${CLOSE}\r\n`, 400, 'bad_request'],
    [
      'a control character in a header',
      `GET /health HTTP/1.1\r\n${HOST}X-Bad: a\x01b\r\n${CLOSE}\r\n`,
      400,
      'bad_request',
    ],
    ['a space before the colon', `GET /health HTTP/1.1\r\n${HOST}X-Bad : a\r\n${CLOSE}\r\n`, 400, 'bad_request'],
    ['no Host', `GET /health HTTP/1.1\r\n${CLOSE}\r\n`, 400, 'bad_header'],
    ['a target in absolute form', `GET http://other.example/health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'bad_path'],
    ['a path with //', `GET //health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'bad_path'],
    ['a path with an escaped dot', `GET /v1/%2e%2e/health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'bad_path'],
    ['a path with a dot segment', `GET /v1/../health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'bad_path'],
    ['a malformed escape', `GET /%zz HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 400, 'bad_path'],
    [
      'headers above the limit of the pipeline',
      `GET /health HTTP/1.1\r\n${HOST}X-Big: ${'a'.repeat(20_000)}\r\n${CLOSE}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'headers above the limit of the parser',
      `GET /health HTTP/1.1\r\n${HOST}X-Big: ${'a'.repeat(200_000)}\r\n${CLOSE}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'more headers than Node shows by default',
      `GET /health HTTP/1.1\r\n${HOST}${'a:b\r\n'.repeat(2500)}${CLOSE}\r\n`,
      431,
      'headers_too_large',
    ],
    ['a target that is too long', `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 414, 'uri_too_long'],
    ['a method that nobody knows', `FROBNICATE /health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 501, 'not_implemented'],
    ['a method that the parser knows', `PROPFIND /health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 501, 'not_implemented'],
    ['TRACE', `TRACE /health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`, 405, 'method_not_allowed'],
    ['CONNECT', `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`, 405, 'method_not_allowed'],
    [
      'an unknown expectation',
      `POST /v1/echo HTTP/1.1\r\n${HOST}Expect: tea\r\nContent-Length: 0\r\n${CLOSE}\r\n`,
      417,
      'expectation_failed',
    ],
  ]
  it.each(broken)('refuses %s', async (_name, bytes, status, code) => {
    const text = await exchange(url, Buffer.from(bytes, 'latin1'))
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).toMatch(/^content-type: application\/problem\+json/im)
    expect(text).toMatch(/^x-content-type-options: nosniff/im)
    expect(problemOf(text)).toMatchObject({ status, code })
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1)
  })

  it('the audit log has what the parser refused', async () => {
    const { requestId } = problemOf(await exchange(url, 'GARBAGE\r\n\r\n'))
    await server.running.gate.audit.flush()
    const records = await server.state.audit.read('main', 0, 10_000)
    const event = records
      .map(({ body }) => JSON.parse(body))
      .find((body) => body.code === 'bad_request' || body.event?.code === 'bad_request')
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.stringify(event)).toContain('HPE_')
  })

  it('an Upgrade is ignored, never switched to', async () => {
    const text = await exchange(
      url,
      `GET /health HTTP/1.1\r\n${HOST}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('headers that arrive too slowly get 408 and the end', async () => {
    const raw = await openSocket(url)
    raw.write(`GET /health HTTP/1.1\r\n${HOST}X-Slow: `)
    expect(problemOf(await raw.closed())).toMatchObject({ status: 408, code: 'request_timeout' })
  })

  it('a body that arrives too slowly gets 408 and the end', async () => {
    const raw = await openSocket(url)
    raw.write(
      `POST /v1/echo HTTP/1.1\r\n${HOST}Authorization: ${ALICE}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    )
    expect(problemOf(await raw.closed())).toMatchObject({ status: 408, code: 'request_timeout' })
  })

  it('a broken chunk is 400, and the end', async () => {
    const text = await exchange(
      url,
      `POST /v1/echo HTTP/1.1\r\n${HOST}Authorization: ${ALICE}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    )
    expect(problemOf(text)).toMatchObject({ status: 400 })
  })

  it.each([10_000_000, 100_000_000])('%i bytes are refused by their length, and not read', async (length) => {
    const raw = await openSocket(url)
    raw.write(
      `POST /v1/echo HTTP/1.1\r\n${HOST}Authorization: ${ALICE}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
    )
    const text = await raw.until(/"code":"too_large"/)
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toMatch(/^connection: close/im)
    const sent = await raw.writeUntilClosed(Buffer.alloc(65_536, 0x61), length)
    // Kernels buffer some megabytes; what the server itself takes in is a tenth of the smaller body.
    expect(sent).toBeLessThan(Math.min(length, 40_000_000))
  })

  it('a chunked body is refused where the limit is passed', async () => {
    const raw = await openSocket(url)
    raw.write(
      `POST /v1/echo HTTP/1.1\r\n${HOST}Authorization: ${ALICE}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    for (let sent = 0; sent < 7; sent++) raw.write(`2710\r\n${'a'.repeat(10_000)}\r\n`)
    expect(await raw.until(/"code":"too_large"/)).toMatch(/^HTTP\/1\.1 413 /)
    raw.write('0\r\n\r\n')
    expect(await raw.closed()).toMatch(/^connection: close/im)
  })

  it('JSON 10,000 levels deep is 400', async () => {
    const response = await fetch(`${url}/v1/echo`, {
      method: 'POST',
      headers: { authorization: ALICE, 'content-type': 'application/json' },
      body: `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    })
    expect([response.status, (await membersOf(response)).code]).toEqual([400, 'bad_json'])
  })

  it('a body is invited only when it is wanted', async () => {
    const head = (authorization: string) =>
      `POST /v1/echo HTTP/1.1\r\n${HOST}${authorization}Content-Type: application/json\r\nContent-Length: 14\r\nExpect: 100-continue\r\n\r\n`
    const stranger = await exchange(url, head(''))
    expect(stranger).toMatch(/^HTTP\/1\.1 401 /)
    expect(stranger).not.toContain('100 Continue')

    const raw = await openSocket(url)
    raw.write(head(`Authorization: ${ALICE}\r\n`))
    await raw.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    raw.write('{"text":"hey"}')
    expect(await raw.until(/hey/)).toMatch(/HTTP\/1\.1 200 /)
    raw.socket.destroy()
  })

  it('a refused body is taken in, so that the connection lives on', async () => {
    const raw = await openSocket(url)
    raw.write(
      `POST /v1/echo HTTP/1.1\r\n${HOST}Content-Length: 14\r\n\r\n{"text":"hey"}GET /health HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    )
    expect([...(await raw.closed()).matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1])).toEqual(['401', '200'])
  })

  it('pipelined requests are answered in their order', async () => {
    const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\n${HOST}${more}\r\n`
    const text = await exchange(url, get('/v1/slow') + get('/nothing') + get('/health', CLOSE))
    expect([...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => match[1])).toEqual(['200', '404', '200'])
  })

  it('garbage behind a good request does not take its answer', async () => {
    const pause = deferred<void>()
    behaviour.slow = () => pause.promise
    const raw = await openSocket(url)
    raw.write(`GET /v1/slow HTTP/1.1\r\n${HOST}\r\n\x00\x01GARBAGE\r\n\r\n`)
    await new Promise((done) => setTimeout(done, 50))
    expect(raw.text()).toBe('')
    pause.resolve()
    const text = await raw.closed()
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).toContain('{"done":true}')
  })

  it('a client that leaves aborts the handler', async () => {
    const begun = deferred<void>()
    const aborted = deferred<unknown>()
    behaviour.slow = (signal) =>
      new Promise((_done, fail) => {
        begun.resolve()
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason)
          fail(signal.reason)
        })
      })
    const raw = await openSocket(url)
    raw.write(`GET /v1/slow HTTP/1.1\r\n${HOST}\r\n`)
    await begun.promise
    raw.socket.destroy()
    expect(await aborted.promise).toMatchObject({ code: 'bad_request' })
  })

  it('a client that leaves aborts the request behind another one, too', async () => {
    let running = 0
    const both = deferred<void>()
    const signals: AbortSignal[] = []
    behaviour.slow = (signal) => {
      signals.push(signal)
      running += 1
      if (running === 2) both.resolve()
      return new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason)))
    }
    const raw = await openSocket(url)
    raw.write(`GET /v1/slow HTTP/1.1\r\n${HOST}\r\nGET /v1/slow HTTP/1.1\r\n${HOST}\r\n`)
    await both.promise
    raw.socket.destroy()
    await expect.poll(() => signals.map((signal) => signal.aborted)).toEqual([true, true])
  })
})
