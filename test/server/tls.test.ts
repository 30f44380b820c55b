import { request } from 'node:https'
import { type ConnectionOptions, connect } from 'node:tls'
import { Secret } from 'turnpike'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selfSigned } from '../guards/outbound-certificate.ts'
import { start } from './running.ts'

const server = selfSigned(['127.0.0.1'])
const client = selfSigned(['client.example'])

interface Answer {
  readonly status: number
  readonly hsts: string | undefined
}

function get(url: string, options: ConnectionOptions = {}): Promise<Answer> {
  return new Promise((done, fail) => {
    const sent = request(`${url}/health`, { ca: server.cert, agent: false, ...options }, (response) => {
      response.resume().on('end', () =>
        done({
          status: response.statusCode ?? 0,
          hsts: response.headers['strict-transport-security'] as string | undefined,
        }),
      )
    })
    sent.on('error', fail).end()
  })
}

/** What a handshake agrees on. */
function handshake(
  url: string,
  options: ConnectionOptions,
): Promise<{ readonly protocol: string | null; readonly alpn: string | false | null }> {
  const { port } = new URL(url)
  return new Promise((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: server.cert, ...options }, () => {
      done({ protocol: socket.getProtocol(), alpn: socket.alpnProtocol })
      socket.destroy()
    })
    socket.on('error', fail)
  })
}

describe.each(['fastify', 'node'] as const)('TLS, served by %s', (adapter) => {
  let running: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    running = await start({ adapter, tls: { key: new Secret(server.key), cert: server.cert } })
  })
  afterAll(() => running.close())

  it('serves https, with HSTS', async () => {
    expect(running.running.url).toMatch(/^https:/)
    expect(await get(running.running.url)).toEqual({ status: 200, hsts: 'max-age=63072000; includeSubDomains' })
  })

  it('speaks TLS 1.2 and newer, and HTTP/1.1 only', async () => {
    const { url } = running.running
    expect(await handshake(url, { ALPNProtocols: ['h2', 'http/1.1'] })).toEqual({
      protocol: 'TLSv1.3',
      alpn: 'http/1.1',
    })
    expect((await handshake(url, { maxVersion: 'TLSv1.2' })).protocol).toBe('TLSv1.2')
    await expect(
      handshake(url, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow()
  })

  it('idle connections close with the server', async () => {
    const other = await start({ adapter, tls: { key: server.key, cert: server.cert } })
    const { port } = new URL(other.running.url)
    const closed = new Promise<void>((done) => {
      const socket = connect({ host: '127.0.0.1', port: Number(port), ca: server.cert }, () => void other.close())
      socket.on('close', () => done())
    })
    await closed
  })
})

it('mutual TLS: only a client with a certificate of the authority gets through', async () => {
  const running = await start({
    tls: { key: server.key, cert: server.cert, ca: client.cert, requireClientCertificate: true },
  })
  const { url } = running.running
  expect((await get(url, { key: client.key, cert: client.cert })).status).toBe(200)
  await expect(get(url)).rejects.toThrow()
  const stranger = selfSigned(['client.example'])
  await expect(get(url, { key: stranger.key, cert: stranger.cert })).rejects.toThrow()
  await running.close()
})
