import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLlhttpSamples } from '../conformance/llhttp-samples.ts'
import { openSocket } from './raw-socket.ts'
import { start } from './running.ts'

const vectors = process.env.VECTORS
const samples = vectors ? readLlhttpSamples(vectors) : []

describe.skipIf(!vectors).each(['fastify', 'node'] as const)(
  `llhttp requests against a whole server, %s${vectors ? '' : ' (skipped: VECTORS is not set)'}`,
  (adapter) => {
    let server: Awaited<ReturnType<typeof start>>
    beforeAll(async () => {
      server = await start({ adapter })
    })
    afterAll(() => server?.close())

    it('each is answered with a success, a problem document or the end; nothing fails inside', async () => {
      const odd: unknown[] = []
      for (let at = 0; at < samples.length; at += 20) {
        await Promise.all(
          samples.slice(at, at + 20).map(async ({ name, bytes }) => {
            const raw = await openSocket(server.running.url)
            raw.socket.end(bytes)
            const text = await raw.closed()
            const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
            const problems = text.match(/^content-type: application\/problem\+json/gim)?.length ?? 0
            const refused = statuses.filter((status) => status >= 400).length
            if (statuses.some((status) => status >= 500 && status !== 501) || problems !== refused)
              odd.push([name, text])
          }),
        )
      }
      expect(odd).toEqual([])
      const failures = server.lines.filter(({ level, facts }) => level === 'error' && facts.code !== 'not_implemented')
      expect(failures).toEqual([])
      expect((await fetch(`${server.running.url}/health`)).status).toBe(200)
    })
  },
)
