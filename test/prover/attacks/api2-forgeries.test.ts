import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  verify,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Express, Request } from 'express'
import jwt from 'jsonwebtoken'
import { algNone } from '../../../src/prover/attacks/api2/alg-none.ts'
import { algorithmConfusion } from '../../../src/prover/attacks/api2/algorithm-confusion.ts'
import { blankSecret } from '../../../src/prover/attacks/api2/blank-secret.ts'
import { embeddedCertificate } from '../../../src/prover/attacks/api2/embedded-certificate.ts'
import { embeddedKey } from '../../../src/prover/attacks/api2/embedded-key.ts'
import { kidSql } from '../../../src/prover/attacks/api2/kid-sql.ts'
import { kidTraversal } from '../../../src/prover/attacks/api2/kid-traversal.ts'
import { payloadChanged } from '../../../src/prover/attacks/api2/payload-changed.ts'
import { signatureDamaged } from '../../../src/prover/attacks/api2/signature-damaged.ts'
import { signatureStripped } from '../../../src/prover/attacks/api2/signature-stripped.ts'
import { zeroSignature } from '../../../src/prover/attacks/api2/zero-signature.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  ACCOUNTS,
  type Account,
  type NotesParts,
  PASSWORD,
  SECRET,
  soundAuthentication,
} from '../fixtures/notes-api.ts'

/** Whoever the token names, as a server that has convinced itself of the signature takes it. */
const named = (sub: unknown): Account | null => ACCOUNTS.find(({ id }) => id === sub) ?? null

interface Taken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

/** Takes the bearer token apart without looking at its signature. */
function apart(request: Request): Taken | null {
  const [, head = '', payload = '', signature = ''] =
    /^Bearer ([^.]+)\.([^.]+)\.?([^.]*)$/.exec(request.headers.authorization ?? '') ?? []
  try {
    const json = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
    return {
      header: json(head),
      claims: json(payload),
      signed: `${head}.${payload}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    return null
  }
}

/** Sound but for tokens that the fault lets in. */
const letsIn = (fault: (taken: Taken) => boolean): NotesParts => ({
  authenticate: (request, notes) => {
    const sound = soundAuthentication(request, notes)
    if (sound) return sound
    const taken = apart(request)
    return taken && fault(taken) ? named(taken.claims.sub) : null
  },
})

const hs256 = (signed: string, secret: string | Buffer): Buffer => createHmac('sha256', secret).update(signed).digest()

describeAttack({
  attack: algNone,
  vulnerable: letsIn(({ header, signature }) => header.alg === 'none' && signature.length === 0),
})
describeAttack({
  attack: algNone,
  name: 'another spelling, with a signature',
  vulnerable: letsIn(({ header }) => String(header.alg).toLowerCase() === 'none' && header.alg !== 'none'),
})
describeAttack({ attack: signatureStripped, vulnerable: letsIn(({ signature }) => signature.length === 0) })
describeAttack({
  attack: signatureDamaged,
  // Compares the first half alone.
  vulnerable: letsIn(({ signed, signature }) =>
    signature.subarray(0, 16).equals(hs256(signed, SECRET).subarray(0, 16)),
  ),
})
describeAttack({
  attack: payloadChanged,
  // One handler decodes where the others verify.
  vulnerable: {
    authenticate: (request, notes) =>
      soundAuthentication(request, notes) ?? (request.path === '/notes' ? named(apart(request)?.claims.sub) : null),
  },
})
describeAttack({
  attack: blankSecret,
  vulnerable: letsIn(({ signed, signature }) => signature.equals(hs256(signed, ''))),
})
describeAttack({
  attack: kidTraversal,
  vulnerable: letsIn(({ header, signed, signature }) => {
    try {
      return signature.equals(hs256(signed, readFileSync(join('/srv/keys', String(header.kid)))))
    } catch {
      return false
    }
  }),
})
describeAttack({
  attack: kidSql,
  // What a database makes of `SELECT secret FROM keys WHERE kid = '${kid}'`.
  vulnerable: letsIn(({ header, signed, signature }) => {
    const query = `SELECT secret FROM keys WHERE kid = '${String(header.kid)}'`
    const union = /^SELECT secret FROM keys WHERE kid = '[^']*' UNION SELECT '([^']*)'(?: *-- .*)?$/.exec(query)
    return union !== null && signature.equals(hs256(signed, union[1] as string))
  }),
})
describeAttack({
  attack: zeroSignature,
  vulnerable: letsIn(
    ({ header, signature }) =>
      header.alg === 'ES256' && signature.length === 64 && signature.every((byte) => byte === 0),
  ),
})

const verifies = (signed: string, signature: Buffer, key: KeyObject): boolean =>
  verify(
    key.asymmetricKeyType === 'ed25519' ? null : 'sha256',
    Buffer.from(signed),
    { key, dsaEncoding: 'ieee-p1363' },
    signature,
  )

describeAttack({
  attack: embeddedKey,
  vulnerable: letsIn(
    ({ header, signed, signature }) =>
      typeof header.jwk === 'object' &&
      verifies(signed, signature, createPublicKey({ key: header.jwk as JsonWebKey, format: 'jwk' })),
  ),
})
describeAttack({
  attack: embeddedCertificate,
  vulnerable: letsIn(({ header, signed, signature }) => {
    if (!Array.isArray(header.x5c)) return false
    const certificate = new X509Certificate(Buffer.from(String(header.x5c[0]), 'base64'))
    return verifies(signed, signature, certificate.publicKey)
  }),
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString()

/** The notes API with RS256 and published keys. @param secret - What is taken for a shared secret as well; null: nothing. */
function withRsa(secret: string | Buffer | null, path = '/.well-known/jwks.json'): NotesParts {
  return {
    before: (app: Express) =>
      app.get(path, (_request, response) =>
        response.json({ keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] }),
      ),
    login: (request, response) => {
      const { email, password } = request.body as { email: string; password: string }
      const account = ACCOUNTS.find((each) => each.email === email)
      if (!account || password !== PASSWORD) return void response.status(401).json({ error: 'no' })
      response.json({
        token: jwt.sign({ role: account.role }, rsa.privateKey, {
          algorithm: 'RS256',
          subject: account.id,
          keyid: 'one',
          expiresIn: 900,
        }),
      })
    },
    authenticate: (request) => {
      const taken = apart(request)
      if (!taken) return null
      const { header, signed, signature, claims } = taken
      const sound = header.alg === 'RS256' && verifies(signed, signature, rsa.publicKey)
      const fooled = header.alg === 'HS256' && secret !== null && signature.equals(hs256(signed, secret))
      return sound || fooled ? named(claims.sub) : null
    },
  }
}

describeAttack({ attack: algorithmConfusion, vulnerable: withRsa(pem), fixed: withRsa(null) })
describeAttack({
  attack: algorithmConfusion,
  name: 'PEM without its last line feed, keys at /jwks',
  vulnerable: withRsa(pem.trimEnd(), '/jwks'),
  fixed: withRsa(null, '/jwks'),
})
describeAttack({
  attack: algorithmConfusion,
  name: 'DER',
  vulnerable: withRsa(rsa.publicKey.export({ type: 'spki', format: 'der' })),
  fixed: withRsa(null),
})
// Other attacks hold against the RS256 twin as well.
describeAttack({
  attack: embeddedKey,
  name: 'RS256',
  vulnerable: { ...withRsa(null), ...letsInAnyJwk() },
  fixed: withRsa(null),
})

function letsInAnyJwk(): NotesParts {
  const sound = withRsa(null)
  return {
    authenticate: (request, notes) => {
      const taken = apart(request)
      if (!taken || typeof taken.header.jwk !== 'object') return sound.authenticate?.(request, notes) ?? null
      const key = createPublicKey({ key: taken.header.jwk as JsonWebKey, format: 'jwk' })
      return taken.header.alg === 'RS256' && verifies(taken.signed, taken.signature, key)
        ? named(taken.claims.sub)
        : null
    },
  }
}
