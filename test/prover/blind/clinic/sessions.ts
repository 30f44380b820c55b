import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { RequestHandler } from 'express'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import type { Faults } from './faults.ts'
import { unauthenticated } from './http.ts'
import type { Store, User } from './store.ts'

export const accessSeconds = 15 * 60
const refreshMs = 14 * 24 * 60 * 60 * 1000
const issuer = 'https://api.pawbook.example'
const audience = 'pawbook-app'

const claims = z.object({ sub: z.string().regex(/^\d{1,9}$/), sid: z.string().max(60) })

interface Refresh {
  readonly userId: number
  readonly sid: string
  readonly expiresAt: number
  used: boolean
}

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

export class Sessions {
  readonly #secret = randomBytes(32).toString('hex')
  readonly #refreshes = new Map<string, Refresh>()
  /** Ended sessions and when their last access token has run out. */
  readonly #ended = new Map<string, number>()
  readonly #store: Store
  readonly #faults: Faults

  constructor(store: Store, faults: Faults) {
    this.#store = store
    this.#faults = faults
  }

  open(user: User): TokenPair {
    this.#sweep()
    return this.#issue(user, randomUUID())
  }

  #issue(user: User, sid: string): TokenPair {
    const accessToken = jwt.sign({ sid }, this.#secret, {
      algorithm: 'HS256',
      subject: String(user.id),
      issuer,
      audience,
      expiresIn: accessSeconds,
    })
    const refreshToken = randomBytes(32).toString('base64url')
    this.#refreshes.set(digest(refreshToken), {
      userId: user.id,
      sid,
      expiresAt: Date.now() + refreshMs,
      used: false,
    })
    return { accessToken, refreshToken }
  }

  /** One refresh token, one use; a second use ends the whole session. */
  renew(refreshToken: string): { user: User; pair: TokenPair } {
    const refresh = this.#refreshes.get(digest(refreshToken))
    if (refresh === undefined || refresh.expiresAt < Date.now() || this.#ended.has(refresh.sid)) throw unauthenticated()
    const user = this.#store.users.get(refresh.userId)
    if (refresh.used || user === undefined || !user.active) {
      this.end(refresh.sid)
      throw unauthenticated()
    }
    refresh.used = true
    return { user, pair: this.#issue(user, refresh.sid) }
  }

  end(sid: string): void {
    this.#ended.set(sid, Date.now() + accessSeconds * 1000)
    for (const [key, refresh] of this.#refreshes) if (refresh.sid === sid) this.#refreshes.delete(key)
  }

  endAll(userId: number): void {
    const own = [...this.#refreshes.values()].filter((refresh) => refresh.userId === userId)
    for (const refresh of own) this.end(refresh.sid)
  }

  check(token: string): { user: User; sid: string } {
    let payload: unknown
    try {
      payload = this.#verify(token)
    } catch {
      throw unauthenticated()
    }
    const found = claims.safeParse(payload)
    if (!found.success || this.#ended.has(found.data.sid)) throw unauthenticated()
    const user = this.#store.users.get(Number(found.data.sub))
    if (user === undefined || !user.active) throw unauthenticated()
    return { user, sid: found.data.sid }
  }

  #verify(token: string): unknown {
    if (this.#faults.has('F08')) {
      const algorithm = jwt.decode(token, { complete: true })?.header.alg === 'none' ? 'none' : 'HS256'
      const key = algorithm === 'none' ? '' : this.#secret
      return jwt.verify(token, key, { algorithms: [algorithm], issuer, audience })
    }
    return jwt.verify(token, this.#secret, { algorithms: ['HS256'], issuer, audience })
  }

  #sweep(): void {
    const now = Date.now()
    for (const [key, refresh] of this.#refreshes) if (refresh.expiresAt < now) this.#refreshes.delete(key)
    for (const [sid, until] of this.#ended) if (until < now) this.#ended.delete(sid)
  }
}

export function authenticator(sessions: Sessions): RequestHandler {
  return (req, res, next) => {
    const bearer = /^Bearer ([\w.-]{20,2000})$/i.exec(req.get('authorization') ?? '')?.[1]
    if (bearer === undefined) throw unauthenticated()
    const { user, sid } = sessions.check(bearer)
    res.locals.user = user
    res.locals.sid = sid
    next()
  }
}
