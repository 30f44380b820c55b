import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import type { Express } from 'express'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { selfSignedCertificate } from '../../../src/prover/attacks/api2/self-signed-certificate.ts'
import { ambiguousFraming } from '../../../src/prover/attacks/api8/ambiguous-framing.ts'
import { plainHttp } from '../../../src/prover/attacks/api8/plain-http.ts'
import { securityHeaders } from '../../../src/prover/attacks/api8/security-headers.ts'
import { sharedCache } from '../../../src/prover/attacks/api8/shared-cache.ts'
import { isInside, isLoopback } from '../../../src/prover/attacks/loopback.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

/** A cache before the API that keeps by address alone what it likes to keep. */
const cache = (keeps: (path: string) => boolean): NotesParts => {
  const kept = new Map<string, unknown>()
  return {
    before: (app: Express) =>
      app.use((request, response, next) => {
        if (request.method !== 'GET' || !keeps(request.path)) return next()
        const held = kept.get(request.originalUrl)
        if (held !== undefined) return void response.set({ Age: '3', 'X-Cache': 'HIT' }).json(held)
        const json = response.json.bind(response)
        response.json = (body: unknown) => {
          if (response.statusCode === 200) kept.set(request.originalUrl, body)
          return json(body)
        }
        next()
      }),
    // As frameworks do that match beginnings.
    routes: (app) => app.get('/me/*rest', (_request, response) => void response.json(caller(response))),
  }
}

describeAttack({ attack: sharedCache, name: 'by address', vulnerable: cache(() => true), fixed: cache(() => false) })
describeAttack({
  attack: sharedCache,
  name: 'style sheets',
  vulnerable: cache((path) => path.endsWith('.css')),
  fixed: { routes: (app) => app.get('/me/*rest', (_request, response) => void response.status(404).json({})) },
})

describeAttack({
  attack: ambiguousFraming,
  vulnerable: {
    // Takes both, and lets the chunks win without a word.
    server: (app) =>
      createServer({ insecureHTTPParser: true }, (request, response) => {
        if (request.headers['transfer-encoding'] !== undefined) delete request.headers['content-length']
        app(request, response)
      }),
  },
})

describe('caches and framing: what is no finding, and what nothing follows from', () => {
  it('takes what two users have in common for what it is', async () => {
    const server = await startNotes({
      before: (app) => app.set('etag', false),
      list: (_request, response) => void response.json({ tenant: 'acme-of-both', plan: 'enterprise', items: [] }),
    })
    try {
      const { counts } = await runAttacks([sharedCache], server.url)
      expect(counts).toMatchObject({ fail: 0, inconclusive: 0 })
      expect(counts.pass).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })

  it('concludes nothing of framing where the plain request fails', async () => {
    const server = await startNotes({
      create: (_request, response) => void response.status(409).json({ error: 'full' }),
    })
    try {
      expect((await runAttacks([ambiguousFraming], server.url)).counts).toMatchObject({ inconclusive: 1, pass: 0 })
    } finally {
      await server.close()
    }
  })
})

/** HTTPS in front of the notes API; on the same port plain HTTP too, or not. */
async function startSecure(parts: NotesParts, takesPlain: boolean) {
  const notes = await startNotes(parts)
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = selfSignedCertificate(keys).toString('base64')
  const context = {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`,
  }
  const sockets = new Set<net.Socket>()
  const toNotes = (from: NodeJS.ReadWriteStream) => {
    const to = net.connect(Number(new URL(notes.url).port), '127.0.0.1')
    sockets.add(to)
    from.pipe(to).pipe(from)
    for (const each of [from, to]) each.on('error', () => to.destroy())
  }
  const secure = tls.createServer(context, toNotes)
  secure.on('tlsClientError', () => {})
  const front = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', (first) => {
      socket.pause()
      socket.unshift(first)
      if (first[0] === 0x16) secure.emit('connection', socket)
      else if (takesPlain) toNotes(socket)
      else socket.destroy()
    })
  })
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening))
  return {
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((closed) => front.close(closed))
      await notes.close()
    },
  }
}

describe('over HTTPS', () => {
  // The certificate is of our own making.
  const trusting = () => vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  afterEach(() => void vi.unstubAllEnvs())
  const outcome = async (attack: typeof plainHttp, parts: NotesParts, takesPlain: boolean) => {
    trusting()
    const server = await startSecure(parts, takesPlain)
    try {
      const { results } = await runAttacks([attack], server.url)
      return results.map((each) => `${each.variant ?? ''} ${each.outcome}`.trim())
    } finally {
      await server.close()
    }
  }

  it('116 plain-http goes through where the port takes both', async () => {
    expect(await outcome(plainHttp, {}, true)).toEqual(['fail'])
  })

  it('116 plain-http is held where it takes HTTPS alone', async () => {
    expect(await outcome(plainHttp, {}, false)).toEqual(['pass'])
  })

  it('107 security-headers wants Strict-Transport-Security', async () => {
    const strict: NotesParts = {
      before: (app) =>
        app.use((_request, response, next) => {
          response.set('Strict-Transport-Security', 'max-age=31536000')
          next()
        }),
    }
    expect(await outcome(securityHeaders, {}, false)).toContain('Strict-Transport-Security fail')
    expect(await outcome(securityHeaders, strict, false)).toContain('Strict-Transport-Security pass')
  })
})

describe('116 plain-http: what is no finding', () => {
  it('is not tested on this machine', async () => {
    const server = await startNotes()
    try {
      expect((await runAttacks([plainHttp], server.url)).counts).toMatchObject({ 'not-tested': 1, fail: 0 })
    } finally {
      await server.close()
    }
  })

  it.each([
    ['127.0.0.1', true, false],
    ['[::1]', true, false],
    ['localhost', true, false],
    ['10.1.2.3', false, true],
    ['api', false, true],
    ['api.internal', false, true],
    ['api.example.com', false, false],
    ['8.8.8.8', false, false],
  ])('knows where %s is', (host, loopback, inside) => {
    expect(isLoopback(host)).toBe(loopback)
    if (!loopback) expect(isInside(host)).toBe(inside)
  })
})
