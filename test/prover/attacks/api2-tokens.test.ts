import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import type { Request } from 'express'
import jwt from 'jsonwebtoken'
import { expiredToken } from '../../../src/prover/attacks/api2/expired-token.ts'
import { hmacToken } from '../../../src/prover/attacks/api2/jwt.ts'
import { keyUrl } from '../../../src/prover/attacks/api2/key-url.ts'
import { malformedCredential } from '../../../src/prover/attacks/api2/malformed-credential.ts'
import { otherTokenAsAccess } from '../../../src/prover/attacks/api2/other-token-as-access.ts'
import { tokenFromTheFuture } from '../../../src/prover/attacks/api2/token-from-the-future.ts'
import { tokenInQuery } from '../../../src/prover/attacks/api2/token-in-query.ts'
import { tokenLifetime } from '../../../src/prover/attacks/api2/token-lifetime.ts'
import { tokenWithoutExpiry } from '../../../src/prover/attacks/api2/token-without-expiry.ts'
import { unknownCrit } from '../../../src/prover/attacks/api2/unknown-crit.ts'
import { weakSecret } from '../../../src/prover/attacks/api2/weak-secret.ts'
import { wrongAudience } from '../../../src/prover/attacks/api2/wrong-audience.ts'
import { wrongIssuer } from '../../../src/prover/attacks/api2/wrong-issuer.ts'
import type { Signer } from '../../../src/prover/signer.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  ACCOUNTS,
  type Account,
  bearerOf,
  type NotesParts,
  SECRET,
  soundAuthentication,
} from '../fixtures/notes-api.ts'
import { sessionDocument, sessionNotes } from '../fixtures/session-notes.ts'

/** The notes API lends its signature, as one in memory does. */
const signer: Signer = async (claims, header = {}) => hmacToken({ alg: 'HS256', ...header }, claims, SECRET)

/** Verifies with other rules than the sound ones. */
const verifying = (options: jwt.VerifyOptions, extra: (token: string) => boolean = () => true): NotesParts => ({
  authenticate: (request) => accountOf(bearerOf(request), options, extra),
})

function accountOf(
  token: string | null,
  options: jwt.VerifyOptions,
  extra: (token: string) => boolean,
): Account | null {
  try {
    const { sub } = jwt.verify(token ?? '', SECRET, options) as jwt.JwtPayload
    return token !== null && extra(token) ? (ACCOUNTS.find(({ id }) => id === sub) ?? null) : null
  } catch {
    return null
  }
}

const FULL: jwt.VerifyOptions = { issuer: 'https://notes.example', audience: 'notes' }
const claimsOf = (token: string) => jwt.decode(token) as jwt.JwtPayload
const headerOf = (token: string) => jwt.decode(token, { complete: true })?.header as unknown as Record<string, unknown>
const now = () => Date.now() / 1000
/** What jsonwebtoken leaves to its caller. */
const careful = (token: string): boolean => {
  const { exp, iat } = claimsOf(token)
  return exp !== undefined && (iat ?? 0) < now() + 60 && headerOf(token).crit === undefined
}
const sound = verifying(FULL, careful)

describeAttack({
  attack: malformedCredential,
  vulnerable: {
    authenticate: (request, notes) =>
      // Whoever forgot to set the token in the client is let in by the check for it.
      request.headers.authorization === 'Bearer undefined'
        ? (ACCOUNTS[0] ?? null)
        : soundAuthentication(request, notes),
  },
})
describeAttack({
  attack: malformedCredential,
  name: 'another scheme',
  vulnerable: {
    authenticate: (request, notes) => {
      const [, token = ''] = (request.headers.authorization ?? '').split(' ')
      return soundAuthentication({ headers: { authorization: `Bearer ${token}` } } as Request, notes)
    },
  },
})
describeAttack({
  attack: weakSecret,
  vulnerable: signedWith('notes-secret'),
  fixed: signedWith(SECRET),
})
describeAttack({ attack: expiredToken, signer, vulnerable: verifying({ ...FULL, ignoreExpiration: true }) })
describeAttack({ attack: tokenWithoutExpiry, signer, vulnerable: verifying(FULL), fixed: sound })
describeAttack({
  attack: tokenFromTheFuture,
  signer,
  vulnerable: verifying({ ...FULL, ignoreNotBefore: true }),
  fixed: sound,
})
describeAttack({ attack: wrongAudience, signer, vulnerable: verifying({ issuer: 'https://notes.example' }) })
describeAttack({ attack: wrongIssuer, signer, vulnerable: verifying({ audience: 'notes' }) })
describeAttack({ attack: unknownCrit, signer, vulnerable: verifying(FULL), fixed: sound })
describeAttack({
  attack: otherTokenAsAccess,
  document: sessionDocument(),
  vulnerable: sessionNotes({ refreshOpensAll: true }),
  fixed: sessionNotes(),
})
describeAttack({
  attack: tokenInQuery,
  vulnerable: {
    authenticate: (request, notes) =>
      soundAuthentication(request, notes) ?? accountOf(String(request.query.access_token), FULL, () => true),
  },
})
describeAttack({
  attack: tokenLifetime,
  document: sessionDocument(),
  vulnerable: sessionNotes({ lifetimeSeconds: 30 * 86_400 }),
  fixed: sessionNotes(),
})
describeAttack({
  attack: tokenLifetime,
  name: 'without an end',
  document: sessionDocument(),
  vulnerable: sessionNotes({ lifetimeSeconds: null }),
  fixed: sessionNotes(),
})

let clock = Date.now()
describeAttack({
  attack: expiredToken,
  name: 'by moving the clock',
  document: sessionDocument(),
  wait: async (milliseconds) => {
    clock += milliseconds
  },
  now: () => clock,
  vulnerable: sessionNotes({ expiryIsIgnored: true, now: () => clock }),
  fixed: sessionNotes({ now: () => clock }),
})

/** Fetches the key that the token names. */
const followsKeyUrl: NotesParts = {
  before: (app) =>
    app.use((request, response, next) => {
      const token = bearerOf(request)
      const jku = token === null ? undefined : headerOf(token)?.jku
      if (token === null || typeof jku !== 'string') return next()
      fetch(jku)
        .then((answer) => answer.json())
        .then((body) => {
          const [jwk] = (body as { keys: JsonWebKey[] }).keys
          const [head, payload, signature = ''] = token.split('.')
          const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
          if (verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url')))
            response.locals.fetched = ACCOUNTS.find(({ id }) => id === claimsOf(token).sub)
        })
        .then(() => next(), next)
    }),
  authenticate: (request, notes) =>
    (request.res?.locals.fetched as Account | undefined) ?? soundAuthentication(request, notes),
}
describeAttack({ attack: keyUrl, vulnerable: followsKeyUrl })
describeAttack({
  attack: keyUrl,
  name: 'fetched, and not believed',
  vulnerable: {
    before: (app) =>
      app.use((request, _response, next) => {
        const token = bearerOf(request)
        const url = token === null ? undefined : headerOf(token)?.x5u
        if (typeof url === 'string') fetch(url).then(() => next(), next)
        else next()
      }),
  },
})

function signedWith(secret: string): NotesParts {
  return {
    login: (request, response) => {
      const account = ACCOUNTS.find(({ email }) => email === (request.body as { email: string }).email)
      if (!account) return void response.status(401).json({ error: 'no' })
      response.json({ token: jwt.sign({ role: account.role }, secret, { subject: account.id, expiresIn: 900 }) })
    },
    authenticate: (request) => {
      try {
        const { sub } = jwt.verify(bearerOf(request) ?? '', secret) as jwt.JwtPayload
        return ACCOUNTS.find(({ id }) => id === sub) ?? null
      } catch {
        return null
      }
    },
  }
}
