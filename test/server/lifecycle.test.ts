import { describe, expect, it } from 'vitest'
import { behaviour } from './notes-api.ts'
import { deferred, openSocket } from './raw-socket.ts'
import { ALICE, membersOf, start } from './running.ts'

const HOST = 'Host: api.example\r\n'

/** Makes the slow endpoint wait until it is let go. */
function heldHandler() {
  const begun = deferred<void>()
  const free = deferred<void>()
  behaviour.slow = () => {
    begun.resolve()
    return free.promise
  }
  return { begun: begun.promise, letGo: () => free.resolve() }
}

describe.each(['fastify', 'node'] as const)('shutdown of %s', (adapter) => {
  it('lets an open request finish, takes no new one, and closes idle connections', async () => {
    const server = await start({ adapter })
    const { url } = server.running
    const idle = await openSocket(url)
    idle.write(`GET /health HTTP/1.1\r\n${HOST}\r\n`)
    await idle.until(/"ok"/)
    const silent = await openSocket(url)
    const { begun, letGo } = heldHandler()
    const busy = await openSocket(url)
    busy.write(`POST /v1/slow HTTP/1.1\r\n${HOST}Authorization: ${ALICE}\r\nContent-Length: 0\r\n\r\n`)
    await begun
    let ended = false
    const closing = server.running.close().then(() => {
      ended = true
    })
    await Promise.all([idle.closed(), silent.closed()])
    await expect(openSocket(url)).rejects.toThrow('ECONNREFUSED')
    expect([ended, busy.text()]).toEqual([false, ''])
    letGo()
    expect(await busy.closed()).toMatch(/^HTTP\/1\.1 204 .*^connection: close/ims)
    await closing
    // What the answered request changed is in the log: nothing that was acknowledged is lost.
    const records = await server.state.audit.read('main', 0, 100)
    expect(records.some(({ body }) => body.includes('request.changed'))).toBe(true)
    await server.state.close()
  })

  it('cuts what takes longer than it may', async () => {
    const server = await start({ adapter, shutdownSeconds: 1 })
    const { begun, letGo } = heldHandler()
    const busy = await openSocket(server.running.url)
    busy.write(`GET /v1/slow HTTP/1.1\r\n${HOST}\r\n`)
    await begun
    await server.running.close()
    expect(await busy.closed()).toBe('')
    letGo()
    await server.state.close()
  })

  it('turns new requests away when too many are open, and /health says so', async () => {
    const server = await start({ adapter, loadShed: { maxOpenRequests: 1, retryAfterSeconds: 7 } })
    const { url } = server.running
    const { begun, letGo } = heldHandler()
    const first = fetch(`${url}/v1/slow`)
    await begun
    const refused = await fetch(`${url}/v1/slow`)
    expect([refused.status, refused.headers.get('retry-after'), (await membersOf(refused)).code]).toEqual([
      503,
      '7',
      'unavailable',
    ])
    const health = await fetch(`${url}/health`)
    expect([health.status, Object.keys(await membersOf(health)).sort()]).toEqual([
      503,
      ['code', 'requestId', 'status', 'title', 'type'],
    ])
    expect(server.lines.filter(({ message }) => message.startsWith('overloaded'))).toHaveLength(1)
    letGo()
    expect((await first).status).toBe(200)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    const metrics = await (
      await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer key-robot.acme.metrics~read' } })
    ).text()
    expect(metrics).toContain('turnpike_shed_total 1')
    await server.close()
  })

  it('closes at once when nothing is open, twice if asked twice', async () => {
    const server = await start({ adapter })
    await Promise.all([server.running.close(), server.running.close()])
    await server.close()
  })

  it('a port that is taken is told, and nothing stays open', async () => {
    const first = await start({ adapter })
    const port = Number(new URL(first.running.url).port)
    await expect(start({ adapter, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await first.close()
  })
})
