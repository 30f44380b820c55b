import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import jwt from 'jsonwebtoken'
import { afterEach, describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { afterLogout } from '../../../src/prover/attacks/api2/after-logout.ts'
import { algNone } from '../../../src/prover/attacks/api2/alg-none.ts'
import { algorithmConfusion } from '../../../src/prover/attacks/api2/algorithm-confusion.ts'
import { API2 } from '../../../src/prover/attacks/api2/api2.ts'
import { changeWithoutCurrent } from '../../../src/prover/attacks/api2/change-without-current.ts'
import { expiredToken } from '../../../src/prover/attacks/api2/expired-token.ts'
import { hmacToken, parseJwt } from '../../../src/prover/attacks/api2/jwt.ts'
import { keyUrl } from '../../../src/prover/attacks/api2/key-url.ts'
import { kidSql } from '../../../src/prover/attacks/api2/kid-sql.ts'
import { kidTraversal } from '../../../src/prover/attacks/api2/kid-traversal.ts'
import { loginGuessing } from '../../../src/prover/attacks/api2/login-guessing.ts'
import { malformedCredential } from '../../../src/prover/attacks/api2/malformed-credential.ts'
import { noCredential } from '../../../src/prover/attacks/api2/no-credential.ts'
import { payloadChanged } from '../../../src/prover/attacks/api2/payload-changed.ts'
import { refreshReplay } from '../../../src/prover/attacks/api2/refresh-replay.ts'
import { resetCodeGuessing } from '../../../src/prover/attacks/api2/reset-code-guessing.ts'
import { selfSignedCertificate } from '../../../src/prover/attacks/api2/self-signed-certificate.ts'
import { signatureDamaged } from '../../../src/prover/attacks/api2/signature-damaged.ts'
import { signatureStripped } from '../../../src/prover/attacks/api2/signature-stripped.ts'
import { tokenInQuery } from '../../../src/prover/attacks/api2/token-in-query.ts'
import { tokenLifetime } from '../../../src/prover/attacks/api2/token-lifetime.ts'
import { userEnumeration } from '../../../src/prover/attacks/api2/user-enumeration.ts'
import { weakSecret } from '../../../src/prover/attacks/api2/weak-secret.ts'
import { weakSecrets } from '../../../src/prover/attacks/api2/weak-secrets.ts'
import { wrongAudience } from '../../../src/prover/attacks/api2/wrong-audience.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  ACCOUNTS,
  type Account,
  caller,
  type NotesParts,
  PASSWORD,
  type Running,
  SECRET,
  signToken,
  soundAuthentication,
  startNotes,
} from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, type RunOptions, runAttacks } from '../fixtures/run-attack.ts'
import { sessionDocument, sessionNotes } from '../fixtures/session-notes.ts'

describeAttack({
  attack: noCredential,
  vulnerable: { authenticate: (request, notes) => soundAuthentication(request, notes) ?? ACCOUNTS[0] ?? null },
})

let server: Running | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

const tried = async (attacks: readonly Attack[], parts: NotesParts, options: RunOptions = {}) => {
  server = await startNotes(parts)
  return runAttacks(attacks, server.url, options)
}

/** What one account is told by its opaque session ids in place of JWTs. */
function opaque(): NotesParts {
  const sessions = new Map<string, Account>()
  return {
    login: (request, response) => {
      const account = ACCOUNTS.find(({ email }) => email === (request.body as { email: string }).email)
      const id = `opaque-${Math.random()}`
      if (!account) return void response.status(401).json({ error: 'no' })
      sessions.set(id, account)
      response.json({ token: id })
    },
    authenticate: (request) => sessions.get((request.headers.authorization ?? '').replace(/^Bearer /, '')) ?? null,
  }
}

describe('what looks like a fault of authentication and is none', () => {
  it('a list that shows strangers its public part is not taken for a forged token that works', async () => {
    const guest: Account = { id: 'guest', email: '', role: 'user', tenant: '' }
    const parts: NotesParts = {
      authenticate: (request, notes) =>
        soundAuthentication(request, notes) ?? (request.path === '/notes' && request.method === 'GET' ? guest : null),
      list: (_request, response, { notes }) => {
        const own = [...notes.values()].filter(({ ownerId }) => ownerId === caller(response).id)
        response.json({ items: [{ id: 'public', title: 'For everybody' }, ...own] })
      },
    }
    const { results } = await tried([noCredential, payloadChanged, signatureStripped], parts)
    expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
  })

  it('an echo of the name, and a request id, do not tell who has an account', async () => {
    let requests = 0
    const { counts } = await tried([userEnumeration], {
      login: (request, response) => {
        const { email, password } = request.body as { email: string; password: string }
        const account = ACCOUNTS.find((each) => each.email === email)
        if (account && password === PASSWORD) response.json({ token: signToken(account) })
        else response.status(401).json({ error: `wrong password for ${email}`, requestId: `r${requests++}` })
      },
    })
    expect(counts).toMatchObject({ fail: 0, inconclusive: 0, pass: 2 })
  })

  it('a refresh token that repeats its successor until that is used is not replayed', async () => {
    const parts = sessionNotes()
    const lastReplies = new Map<string, unknown>()
    const before: NotesParts['before'] = (app, state) => {
      app.use('/refresh', (request, response, next) => {
        let text = ''
        request.on('data', (chunk: Buffer) => {
          text += chunk.toString()
        })
        request.on('end', () => {
          const body = JSON.parse(text) as { refreshToken: string }
          const { refreshToken } = body
          request.body = body
          // Whoever uses the successor ends the grace of what came before it.
          for (const [spent, reply] of lastReplies)
            if ((reply as { refreshToken: string }).refreshToken === refreshToken) lastReplies.delete(spent)
          if (lastReplies.has(refreshToken)) return void response.json(lastReplies.get(refreshToken))
          const json = response.json.bind(response)
          response.json = (body) => {
            if (response.statusCode === 200) lastReplies.set(refreshToken, body)
            return json(body)
          }
          next()
        })
      })
      parts.before?.(app, state)
    }
    const { counts } = await tried([refreshReplay], { ...parts, before }, { document: sessionDocument() })
    expect(counts).toMatchObject({ fail: 0, pass: 1 })
  })

  it('an API that takes any key name is told of its secret, not of its key names', async () => {
    const blank = (request: Parameters<typeof soundAuthentication>[0]): Account | null => {
      const parsed = parseJwt((request.headers.authorization ?? '').replace('Bearer ', ''))
      if (!parsed) return null
      const made = parseJwt(hmacToken({ ...parsed.header, alg: 'HS256' }, parsed.claims, ''))
      return made?.signature.equals(parsed.signature)
        ? (ACCOUNTS.find(({ id }) => id === parsed.claims.sub) ?? null)
        : null
    }
    const { results } = await tried([kidTraversal, kidSql], {
      authenticate: (request, notes) => soundAuthentication(request, notes) ?? blank(request),
    })
    expect(results.find(({ attack }) => attack === 'kid-traversal')).toMatchObject({
      outcome: 'not-tested',
      why: expect.stringContaining('blank-secret') as string,
    })
    expect(results.find(({ attack }) => attack === 'kid-sql')?.outcome).toBe('pass')
  })

  it('where no signature is looked at, every forgery is one finding', async () => {
    const { results } = await tried([algNone, signatureStripped, signatureDamaged, payloadChanged], {
      authenticate: (request) => {
        const claims = jwt.decode((request.headers.authorization ?? '').replace('Bearer ', '')) as jwt.JwtPayload | null
        return ACCOUNTS.find(({ id }) => id === claims?.sub) ?? null
      },
    })
    const failed = results.filter(({ outcome }) => outcome === 'fail')
    expect(new Set(failed.map(({ attack }) => attack))).toEqual(
      new Set(['alg-none', 'signature-stripped', 'signature-damaged', 'payload-changed']),
    )
    expect(new Set(failed.map(({ cause }) => cause))).toEqual(new Set(['signature-ignored']))
  })
})

describe('where nothing can be concluded', () => {
  const inconclusive = { fail: 0, pass: 0, 'not-tested': 0 }

  it('a target that answers 429 all along has held nothing', async () => {
    const { counts } = await tried([algNone, malformedCredential, tokenInQuery], {
      read: (_request, response) => void response.status(429).set('Retry-After', '60').end(),
      list: (_request, response) => void response.status(429).set('Retry-After', '60').end(),
      before: (app) => app.get('/me', (_request, response) => void response.status(429).set('Retry-After', '60').end()),
    })
    expect(counts).toMatchObject(inconclusive)
  })

  it('an owner who is refused too makes the refusal of a forgery worthless', async () => {
    const { counts, results } = await tried([algNone, payloadChanged], {
      before: (app) =>
        app.use((request, response, next) => (request.path === '/login' ? next() : response.status(403).end())),
    })
    expect(counts.pass + counts.fail).toBe(0)
    expect(results[0]?.why).toContain('403')
  })

  it('a forgery that breaks the server is no denial', async () => {
    const { results } = await tried([algNone], {
      authenticate: (request, notes) => {
        const parsed = parseJwt((request.headers.authorization ?? '').replace('Bearer ', ''))
        if (parsed && parsed.header.alg !== 'HS256') throw new Error('unknown algorithm')
        return soundAuthentication(request, notes)
      },
    })
    expect(results[0]?.outcome).toBe('inconclusive')
  })

  it('a logout that does not succeed ends no session', async () => {
    const { results } = await tried(
      [afterLogout],
      {
        ...sessionNotes(),
        before: (app, state) => {
          app.post('/logout', (_request, response) => void response.status(400).end())
          sessionNotes().before?.(app, state)
        },
      },
      { document: sessionDocument() },
    )
    expect(results[0]).toMatchObject({
      outcome: 'inconclusive',
      why: expect.stringContaining('POST /logout') as string,
    })
  })

  it('a reset that refuses the form of the request says nothing of its codes', async () => {
    const { results } = await tried(
      [resetCodeGuessing],
      {
        ...sessionNotes(),
        before: (app, state) => {
          app.post('/reset-password', (_request, response) => void response.status(400).json({ error: 'bad input' }))
          sessionNotes().before?.(app, state)
        },
      },
      { document: sessionDocument() },
    )
    expect(results[0]?.outcome).toBe('inconclusive')
  })
})

it('a sound API with sessions holds against all of them', async () => {
  const { results, exchanges } = await tried(API2, sessionNotes(), { document: sessionDocument() })
  const told = results.flatMap(({ attack, outcome, why }) =>
    outcome === 'fail' || outcome === 'inconclusive' ? [`${attack}: ${outcome}: ${why}`] : [],
  )
  expect(told).toEqual([])
  expect(exchanges.length).toBeLessThan(400)
  for (const { attack, requests } of results)
    expect(requests).toBeLessThanOrEqual(API2.find(({ id }) => id === attack)?.maxRequests ?? 0)
})

describe('controls of attacks on accounts', () => {
  it('a limit of the whole API is no limit of guesses', async () => {
    let requests = 0
    const { results } = await tried([loginGuessing], {
      before: (app) =>
        app.use((_request, response, next) => {
          if (++requests > 6) response.status(429).set('Retry-After', '60').end()
          else next()
        }),
    })
    expect(results[0]).toMatchObject({
      outcome: 'inconclusive',
      why: expect.stringContaining('every operation') as string,
    })
  })

  it('a change that is refused with the right password too says nothing', async () => {
    const parts = sessionNotes()
    const { results } = await tried(
      [changeWithoutCurrent],
      { ...parts, routes: (app) => app.post('/me/password', (_request, response) => void response.status(422).end()) },
      { document: sessionDocument() },
    )
    expect(results[0]).toMatchObject({
      outcome: 'inconclusive',
      why: expect.stringContaining('right present') as string,
    })
  })

  it('a document that asks nobody for a credential may speak of a public API', async () => {
    const { security: _, components: __, ...open } = notesDocument() as Record<string, unknown>
    const stranger = ACCOUNTS[1] as Account
    const { results } = await tried(
      [noCredential],
      {
        authenticate: (request, notes) => soundAuthentication(request, notes) ?? stranger,
        before: (app) =>
          app.get('/me', (_request, response) => void response.json({ service: 'notes', healthy: true })),
      },
      { document: open },
    )
    expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
    expect(results.find(({ operation }) => operation === 'GET /me')?.why).toMatch(/access: public/)
  })
})

describe('where nothing can be tried, it says what is missing', () => {
  const whys = async (attacks: readonly Attack[], parts: NotesParts, options: RunOptions = {}) => {
    const { results } = await tried(attacks, parts, options)
    expect(results.map(({ outcome }) => outcome)).toEqual(results.map(() => 'not-tested'))
    return results.map(({ why }) => why).join('\n')
  }

  it('tokens that are no JWT', async () => {
    expect(await whys([algNone, weakSecret, wrongAudience], opaque())).toMatch(/no signed JWT/)
  })

  it('claims without a key', async () => {
    expect(await whys([wrongAudience], {})).toMatch(/without the key/)
  })

  it('expiry that would take too long to wait for', async () => {
    expect(await whys([expiredToken], {})).toMatch(/--max-wait/)
  })

  it('a listener that the target cannot reach', async () => {
    expect(await whys([keyUrl], {}, { callback: null })).toMatch(/--callback/)
  })

  it('no published key', async () => {
    expect(await whys([algorithmConfusion], {})).toMatch(/no public key is published/)
  })

  it('nobody who signs in with a password', async () => {
    const [alice] = PEOPLE
    const token = signToken(ACCOUNTS[0] as Account)
    const people = alice ? [{ ...alice, account: null, source: { kind: 'token' as const, token } }] : []
    expect(await whys([loginGuessing, userEnumeration, tokenLifetime], {}, { people })).toMatch(/login/)
  })

  it('a credential that the document itself puts into the query', async () => {
    const people = PEOPLE.map((each) => ({ ...each, place: { in: 'query' as const, name: 'key', prefix: '' } }))
    const parts: NotesParts = {
      authenticate: (request, notes) => {
        request.headers.authorization = `Bearer ${String(request.query.key)}`
        return soundAuthentication(request, notes)
      },
    }
    expect(await whys([tokenInQuery], parts, { people })).toMatch(/the document itself/)
  })

  it('operations that the document does not have', async () => {
    const attacks = API2.filter(({ number }) => [42, 43, 44, 49, 50, 52].includes(number))
    expect(await whys(attacks, {}, { document: notesDocument() })).toMatch(/no operation that/)
  })
})

it('a JWT in a session cookie is forged in its place, with the other cookies kept', async () => {
  const cookies = (header: string | undefined): Record<string, string> =>
    Object.fromEntries((header ?? '').split('; ').map((pair) => pair.split('=') as [string, string]))
  const people = PEOPLE.map((each) =>
    each.source.kind === 'login'
      ? {
          ...each,
          place: { in: 'cookie' as const, name: 'sid', prefix: '' },
          source: { ...each.source, login: { ...each.source.login, token: { from: 'cookie' as const, name: 'sid' } } },
        }
      : each,
  )
  const { results } = await tried(
    [algNone, signatureDamaged],
    {
      login: (request, response) => {
        const account = ACCOUNTS.find(({ email }) => email === (request.body as { email: string }).email) as Account
        response.append('Set-Cookie', `sid=${signToken(account)}; HttpOnly`)
        response.append('Set-Cookie', 'region=eu')
        response.json({ ok: true })
      },
      authenticate: (request, notes) => {
        const { sid = '', region } = cookies(request.headers.cookie)
        if (region !== 'eu') return null
        request.headers.authorization = `Bearer ${sid}`
        const parsed = parseJwt(sid)
        const none = parsed?.header.alg === 'none' && ACCOUNTS.find(({ id }) => id === parsed.claims.sub)
        return none || soundAuthentication(request, notes)
      },
    },
    { people },
  )
  expect(results.map(({ attack, outcome }) => [attack, outcome])).toEqual([
    ['alg-none', 'fail'],
    ['signature-damaged', 'pass'],
  ])
})

describe('the pieces of forged tokens', () => {
  it('what jsonwebtoken signs is read, and signed alike', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string()),
        fc.string({ minLength: 1 }),
        (claims, secret) => {
          const parsed = parseJwt(jwt.sign({ ...claims, iat: 1 }, secret))
          expect(parsed?.claims).toEqual({ ...claims, iat: 1 })
          const again = hmacToken({ ...parsed?.header, alg: 'HS256' }, parsed?.claims ?? {}, secret)
          expect(jwt.verify(again, secret)).toEqual(parsed?.claims)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('what is no JWT is none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => parseJwt(text) === null),
      { numRuns: 100 },
    )
    for (const text of ['', '.', '..', 'a.b.c', 'e30.e30.', 'bnVsbA.bnVsbA.x']) expect(parseJwt(text)).toBeNull()
  })

  it.each(['rsa', 'ec', 'ed25519'] as const)('a self-signed certificate of an %s key verifies by itself', (kind) => {
    const keys =
      kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : kind === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519')
    const certificate = new X509Certificate(selfSignedCertificate(keys))
    expect(certificate.verify(keys.publicKey)).toBe(true)
    expect(certificate.subject).toBe('CN=turnpike')
  })

  it('candidates for the secret are made of what the API calls itself, and hold no strong one', () => {
    const candidates = weakSecrets(['Notes API', 'https://notes.example'])
    expect(candidates).toEqual(expect.arrayContaining(['secret', 'notes-secret', 'notes_jwt_secret', 'notesapisecret']))
    expect(candidates).not.toContain(SECRET)
    expect(new Set(candidates).size).toBe(candidates.length)
  })
})

const { VECTORS } = process.env
describe.skipIf(VECTORS === undefined)('the list of weak secrets beside a published one (VECTORS)', () => {
  it('most of what it holds was published', () => {
    const lines = readFileSync(join(VECTORS ?? '', 'jwt-secrets/jwt.secrets.list'), 'utf8').split(/\r?\n/)
    const published = new Set(lines)
    const ours = weakSecrets([])
    expect(ours.length).toBeGreaterThan(200)
    expect(ours.filter((secret) => published.has(secret)).length).toBeGreaterThan(ours.length / 2)
  })
})
