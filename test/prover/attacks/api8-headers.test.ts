import type { Express } from 'express'
import { describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { cacheable } from '../../../src/prover/attacks/api8/cacheable.ts'
import { cookieFlags } from '../../../src/prover/attacks/api8/cookie-flags.ts'
import { securityHeaders } from '../../../src/prover/attacks/api8/security-headers.ts'
import { traceMethod } from '../../../src/prover/attacks/api8/trace-method.ts'
import { versionBanner } from '../../../src/prover/attacks/api8/version-banner.ts'
import type { IdentityPlan } from '../../../src/prover/plan/plan.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  ACCOUNTS,
  type NotesParts,
  ownNote,
  signToken,
  soundAuthentication,
  startNotes,
} from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

/** Takes headers off at the last moment, whoever set them. */
const without = (...names: readonly string[]): NotesParts => ({
  before: (app: Express) =>
    app.use((_request, response, next) => {
      const end = response.end.bind(response) as (...all: unknown[]) => typeof response
      response.end = ((...all: unknown[]) => {
        for (const name of names) response.removeHeader(name)
        return end(...all)
      }) as typeof response.end
      next()
    }),
})

const withHeader = (name: string, value: string): NotesParts => ({
  before: (app: Express) =>
    app.use((_request, response, next) => {
      response.set(name, value)
      next()
    }),
})

const told = async (attack: Attack, parts: NotesParts, options: Parameters<typeof runAttacks>[2] = {}) => {
  const server = await startNotes(parts)
  try {
    return (await runAttacks([attack], server.url, options)).results
  } finally {
    await server.close()
  }
}

describeAttack({ attack: cacheable, vulnerable: without('Cache-Control') })
describeAttack({
  attack: cacheable,
  name: 'said to be public',
  vulnerable: {
    read: (request, response, { notes }) => {
      const note = ownNote(request, response, notes)
      if (note) response.set('Cache-Control', 'public, max-age=600').json(note)
    },
  },
})
describeAttack({ attack: securityHeaders, name: 'nosniff', vulnerable: without('X-Content-Type-Options') })
describeAttack({ attack: securityHeaders, name: 'policy', vulnerable: without('Content-Security-Policy') })
describeAttack({ attack: versionBanner, name: 'product', vulnerable: withHeader('X-Powered-By', 'Express') })
describeAttack({
  attack: versionBanner,
  name: 'version',
  vulnerable: withHeader('Server', 'nginx/1.18.0 (Ubuntu)'),
  fixed: withHeader('Server', 'nginx'),
})
describeAttack({
  attack: traceMethod,
  vulnerable: {
    before: (app) =>
      app.trace('/', (request, response) => {
        const lines = request.rawHeaders.map((each, index) => `${each}${index % 2 === 0 ? ': ' : '\r\n'}`)
        response.type('message/http').send(`TRACE / HTTP/1.1\r\n${lines.join('')}`)
      }),
  },
})

describe('headers: what is no finding, and what nothing follows from', () => {
  it('lets a catalogue that all are shown alike stay in caches', async () => {
    const paths = { '/plans': { get: { responses: { '200': { description: 'The plans.' } } } } }
    const results = await told(
      cacheable,
      {
        routes: (app) =>
          app.get('/plans', (_request, response) => {
            response.set('Cache-Control', 'public, max-age=600').json([{ name: 'small' }, { name: 'large' }])
          }),
      },
      { document: notesDocument({ paths }) },
    )
    expect(results.find(({ operation }) => operation === 'GET /plans')).toMatchObject({ outcome: 'pass' })
  })

  it('does not ask for Strict-Transport-Security over plain HTTP, and says so', async () => {
    const results = await told(securityHeaders, {})
    expect(results.find(({ variant }) => variant === 'Strict-Transport-Security')).toMatchObject({
      outcome: 'not-tested',
    })
  })

  it('concludes nothing from a target that answers 429 all along', async () => {
    const results = await told(cacheable, {
      before: (app) => app.get('/me', (_request, response) => void response.status(429).set('Retry-After', '60').end()),
    })
    expect(results.find(({ operation }) => operation === 'GET /me')).toMatchObject({ outcome: 'inconclusive' })
  })
})

/** The notes API with its token in a cookie. */
const withCookie = (...flags: readonly string[]): NotesParts => ({
  login(request, response) {
    const { email } = request.body as { email: string }
    const account = ACCOUNTS.find((each) => each.email === email)
    if (!account) return void response.status(401).json({ error: 'wrong' })
    response
      .append('Set-Cookie', [`sid=${signToken(account)}`, 'Path=/', ...flags].join('; '))
      .append('Set-Cookie', 'XSRF-TOKEN=c5a1b2; Path=/; SameSite=Lax')
      .json({ ok: true })
  },
  authenticate(request, notes) {
    const token = /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    request.headers.authorization = `Bearer ${token ?? ''}`
    return soundAuthentication(request, notes)
  },
})

const people: readonly IdentityPlan[] = PEOPLE.map((person) =>
  person.source.kind === 'login'
    ? {
        ...person,
        place: { in: 'cookie', name: 'sid', prefix: '' },
        source: { kind: 'login', login: { ...person.source.login, token: { from: 'cookie', name: 'sid' } } },
      }
    : person,
)
const sound = withCookie('HttpOnly', 'Secure', 'SameSite=Lax')

describeAttack({
  attack: cookieFlags,
  name: 'HttpOnly',
  people,
  vulnerable: withCookie('Secure', 'SameSite=Lax'),
  fixed: sound,
})
describeAttack({
  attack: cookieFlags,
  name: 'SameSite',
  people,
  vulnerable: withCookie('Secure', 'HttpOnly'),
  fixed: sound,
})

describe('108 cookie-flags: what is no finding', () => {
  it('does not ask for Secure over plain HTTP on loopback, and says so', async () => {
    const [result] = await told(cookieFlags, withCookie('HttpOnly', 'SameSite=Lax'), { people })
    expect(result).toMatchObject({ outcome: 'pass' })
    expect(result?.why).toMatch(/Secure is not asked for/)
  })

  it('is not tested where no cookie carries a session', async () => {
    expect(await told(cookieFlags, {})).toMatchObject([{ outcome: 'not-tested' }])
  })
})
