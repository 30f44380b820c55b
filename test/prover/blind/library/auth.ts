import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import jwt from 'jsonwebtoken'
import { ApiError, forbidden } from './http.ts'
import type { Context, Member, Role } from './model.ts'

const issuer = 'library-api'
const audience = 'library-app'

interface Claims {
  readonly sub: string
  readonly jti: string
  readonly ver: number
  readonly exp: number
}

export function issueToken(context: Context, member: Member): string {
  return jwt.sign({ ver: member.tokenVersion }, context.tokenSecret, {
    algorithm: 'HS256',
    subject: member.id,
    jwtid: randomUUID(),
    expiresIn: '2h',
    issuer,
    audience,
  })
}

const noSession = (): ApiError => new ApiError(401, { token: ['is missing or invalid'] })

function readClaims(context: Context, token: string): Claims {
  if (context.faults.has('F08')) {
    const decoded = jwt.decode(token, { complete: true })
    if (decoded !== null && String(decoded.header.alg).toLowerCase() === 'none')
      return decoded.payload as unknown as Claims
  }
  try {
    const options = { algorithms: ['HS256' as const], issuer, audience }
    return jwt.verify(token, context.tokenSecret, options) as unknown as Claims
  } catch {
    throw noSession()
  }
}

function identify(context: Context, req: Request, res: Response): Member | undefined {
  const header = req.headers.authorization
  if (header === undefined) return undefined
  const token = /^Token (\S{1,2000})$/i.exec(header)?.[1]
  if (!token) throw noSession()
  const claims = readClaims(context, token)
  const member = context.store.members.get(claims.sub)
  if (member === undefined || claims.ver !== member.tokenVersion) throw noSession()
  if (context.store.revokedTokens.has(claims.jti)) throw noSession()
  res.locals.actor = member
  res.locals.claims = claims
  return member
}

export function actorOf(res: Response): Member {
  return res.locals.actor as Member
}

export function claimsOf(res: Response): Claims {
  return res.locals.claims as Claims
}

/** The signed-in member, where signing in is optional. */
export function maybeActor(context: Context, req: Request, res: Response): Member | undefined {
  return identify(context, req, res)
}

export function signedIn(context: Context): RequestHandler {
  return (req, res, next) => {
    if (identify(context, req, res) === undefined) throw noSession()
    next()
  }
}

export function only(...roles: Role[]): RequestHandler {
  return (_req, res, next) => {
    if (!roles.includes(actorOf(res).role)) throw forbidden()
    next()
  }
}

export function revoke(context: Context, claims: Claims): void {
  const now = Date.now() / 1000
  for (const [id, expires] of context.store.revokedTokens) if (expires < now) context.store.revokedTokens.delete(id)
  context.store.revokedTokens.set(claims.jti, claims.exp)
}
