import type { JsonWebKey, KeyObject } from 'node:crypto'
import { generateKeyPair, randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import jwt from 'jsonwebtoken'
import type { Faults } from './faults.ts'

const ISSUER = 'https://api.fleet.example'
const AUDIENCE = 'fleet-api'
export const TOKEN_SECONDS = 900

export interface TokenService {
  issue(userId: string): string
  /** The user id the token was issued to, or undefined when the token does not hold. */
  verify(token: string): string | undefined
  jwks(): { readonly keys: readonly JsonWebKey[] }
}

function subjectOf(claims: jwt.JwtPayload): string | undefined {
  return typeof claims.sub === 'string' ? claims.sub : undefined
}

/** The claims of a token without signature, if these are for us and have not expired. */
function unsignedClaims(token: string): jwt.JwtPayload | undefined {
  const decoded = jwt.decode(token, { complete: true })
  if (decoded === null || String(decoded.header.alg).toLowerCase() !== 'none') return undefined
  const claims = decoded.payload
  if (typeof claims === 'string' || claims.iss !== ISSUER || claims.aud !== AUDIENCE) return undefined
  return typeof claims.exp === 'number' && claims.exp * 1000 > Date.now() ? claims : undefined
}

function service(faults: Faults, publicKey: KeyObject, privateKey: KeyObject): TokenService {
  const keyid = randomUUID()
  return {
    issue: (userId) =>
      jwt.sign({}, privateKey, {
        algorithm: 'RS256',
        keyid,
        subject: userId,
        issuer: ISSUER,
        audience: AUDIENCE,
        expiresIn: TOKEN_SECONDS,
        jwtid: randomUUID(),
      }),
    verify: (token) => {
      try {
        if (faults.has('F08')) {
          const claims = unsignedClaims(token)
          if (claims !== undefined) return subjectOf(claims)
        }
        const claims = jwt.verify(token, publicKey, { algorithms: ['RS256'], issuer: ISSUER, audience: AUDIENCE })
        return typeof claims === 'string' ? undefined : subjectOf(claims)
      } catch {
        return undefined
      }
    },
    jwks: () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyid, use: 'sig', alg: 'RS256' }] }),
  }
}

export async function tokenService(faults: Faults): Promise<TokenService> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return service(faults, publicKey, privateKey)
}
