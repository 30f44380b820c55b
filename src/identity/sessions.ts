import { randomBytes } from 'node:crypto'
import type { AuditLog } from '../audit/event.ts'
import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { StoreError } from '../base/store-error.ts'
import type { Context } from '../contract/context.ts'
import type { RefreshRecord, SessionRecord, State } from '../stores/store.ts'
import type { AccessTokens } from './access-token.ts'
import type { LocalSettings } from './local-config.ts'
import { principalKey } from './principal-key.ts'
import { newRefreshToken, openSuccessor, refreshTokenHash, sealSuccessor } from './refresh-token.ts'
import type { SessionTokens } from './service.ts'

const DAY = 86_400_000

export interface SessionDependencies {
  readonly state: State
  readonly clock: Clock
  readonly audit: AuditLog
  readonly tokens: AccessTokens
  readonly settings: LocalSettings
}

interface Found {
  readonly session: SessionRecord
  readonly refresh: RefreshRecord
}

/** Sessions: a chain of refresh tokens, each good for one use, and the access tokens made with them (RFC 9700 section 4.14). */
export class SessionDesk {
  readonly #deps: SessionDependencies

  constructor(deps: SessionDependencies) {
    this.#deps = deps
  }

  /** Starts one for a user who has just proved who he is. Null when the account was disabled or removed meanwhile. */
  async start(userId: string, factors: number, context: Context): Promise<SessionTokens | null> {
    const { state, settings } = this.#deps
    const now = this.#now()
    const token = newRefreshToken()
    const session: SessionRecord = {
      id: randomBytes(16).toString('base64url'),
      userId,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: new Date(now.getTime() + settings.refresh.absoluteDays * DAY),
      endedAt: null,
      authenticatedAt: now,
      factors,
      device: context.client.device.slice(0, 200),
      addressPrefix: context.client.addressKey,
    }
    const access = await this.#accessToken(session)
    if (access === null) return null
    await state.sessions.insert(session, this.#refreshRecord(token, session, now))
    context.audit('session.started', { user: userId, session: session.id, factors })
    return this.#reply(access, token)
  }

  /** @throws {Refusal} `invalid_credentials` for whatever is no live token. */
  async refresh(
    token: string,
    context: Context,
  ): Promise<{ readonly tokens: SessionTokens; readonly session: SessionRecord }> {
    const place = refreshTokenHash(token)
    if (place === null) throw refused('no refresh token')
    const found = await this.#live(place)
    const access = await this.#accessToken(found.session)
    if (access === null) throw refused(`the user of session ${found.session.id} is disabled or gone`)
    const successor = await this.#successor(token, place, found, context)
    return { tokens: this.#reply(access, successor), session: found.session }
  }

  /** Ends one session and voids its access tokens. */
  async end(sessionId: string): Promise<void> {
    const { state } = this.#deps
    await state.sessions.end(sessionId, this.#now())
    await state.revocations.revoke('session', sessionId, this.#lastAccessExpiry())
  }

  /** Ends every session of a user; tokens of older epochs are void. */
  async endAll(userId: string): Promise<number> {
    const { state, settings } = this.#deps
    const ended = await state.sessions.endAll(userId, this.#now())
    for (const id of ended) await state.revocations.revoke('session', id, this.#lastAccessExpiry())
    await state.revocations.raiseEpoch(principalKey(settings.issuer, userId), this.#now())
    return ended.length
  }

  /** Ends every session of a user but this one; its own access tokens stay good (ASVS 7.4.3). */
  async endOthers(userId: string, keep: string): Promise<number> {
    const { state } = this.#deps
    const ended = await state.sessions.endAll(userId, this.#now(), keep)
    for (const id of ended) await state.revocations.revoke('session', id, this.#lastAccessExpiry())
    return ended.length
  }

  /** The sessions of a user that can still give tokens, newest first. */
  async live(userId: string): Promise<readonly SessionRecord[]> {
    return (await this.#deps.state.sessions.listOf(userId)).filter((session) => this.#isLive(session))
  }

  /** Of these, the ones that can still give tokens, whosever they are. */
  async liveByIds(ids: readonly string[]): Promise<readonly SessionRecord[]> {
    const { state } = this.#deps
    const found = await Promise.all([...new Set(ids)].map((id) => state.sessions.byId(id)))
    return found.filter((session) => session !== null).filter((session) => this.#isLive(session))
  }

  #isLive({ endedAt, expiresAt, lastUsedAt }: SessionRecord): boolean {
    const now = this.#now()
    const idleSince = new Date(now.getTime() - this.#deps.settings.refresh.idleDays * DAY)
    return endedAt === null && now < expiresAt && idleSince < lastUsedAt
  }

  /** Erases successors whose window has passed, and sessions that are over. */
  async sweep(): Promise<void> {
    const { state, settings } = this.#deps
    const now = this.#now()
    await state.sessions.sweep({
      successorsBefore: new Date(now.getTime() - settings.refresh.windowSeconds * 1000),
      expiredBefore: now,
    })
  }

  async #live(hash: string): Promise<Found> {
    const found = await this.#deps.state.sessions.byRefreshHash(hash)
    if (!found) throw refused('an unknown refresh token')
    const { session, refresh } = found
    const now = this.#now()
    if (session.endedAt !== null) throw refused(`session ${session.id} has ended`)
    if (!(now < session.expiresAt) || (refresh.rotatedAt === null && !(now < refresh.idleExpiresAt)))
      throw refused(`session ${session.id} has expired`)
    return found
  }

  /**
   * The one successor of a token. The swap commits at once, on its own: a reply that gets lost is asked for again within the window, and whoever
   * comes second finds what the first one stored.
   */
  async #successor(token: string, hash: string, found: Found, context: Context): Promise<string> {
    const { state } = this.#deps
    if (found.refresh.rotatedAt !== null) return this.#again(token, found, context)
    const now = this.#now()
    const successor = newRefreshToken()
    const record = this.#refreshRecord(successor, found.session, now)
    if (await state.detached(() => state.sessions.rotate(hash, record, sealSuccessor(token, successor), now)))
      return successor
    const present = await this.#live(hash)
    if (present.refresh.rotatedAt === null)
      throw new StoreError(`a refresh token of session ${present.session.id} could not be rotated`)
    return this.#again(token, present, context)
  }

  /** A token that was used before: inside the window its successor once more, as long as nobody has used that; else it was stolen, from either side. */
  async #again(token: string, { session, refresh }: Found, context: Context): Promise<string> {
    const { windowSeconds } = this.#deps.settings.refresh
    const age = this.#now().getTime() - (refresh.rotatedAt?.getTime() ?? 0)
    if (refresh.successorSealed !== null && age < windowSeconds * 1000) {
      const successor = openSuccessor(token, refresh.successorSealed)
      if (successor === null)
        throw new StoreError(`the successor of a refresh token of session ${session.id} does not open`)
      return successor
    }
    await this.#endStolen(session, context)
    throw refused(`a refresh token of session ${session.id} was used again; the session is ended`)
  }

  /** Outside the request's unit of work, which the refusal rolls back (ASVS 10.4.5). */
  async #endStolen(session: SessionRecord, context: Context): Promise<void> {
    const { state, audit, settings } = this.#deps
    await state.detached(() =>
      state.transaction(async () => {
        await this.end(session.id)
        await audit.append({
          type: 'session.reuse_detected',
          outcome: 'refused',
          requestId: context.requestId,
          principal: principalKey(settings.issuer, session.userId),
          tenant: null,
          addressKey: context.client.addressKey,
          endpoint: null,
          code: 'invalid_credentials',
          detail: 'a refresh token was used a second time',
          objects: [`session:${session.id}`],
          facts: { user: session.userId },
        })
      }),
    )
  }

  /** The epoch is read before the user: whatever changes in between makes the token void instead of giving it old roles under a new epoch. */
  async #accessToken(session: SessionRecord): Promise<string | null> {
    const { state, settings, tokens } = this.#deps
    const { epoch, disabled } = await state.revocations.standing(principalKey(settings.issuer, session.userId))
    const [user] = await state.users.byIds([session.userId])
    if (!user || user.disabled || disabled) return null
    const { token } = await tokens.issue({
      subject: user.id,
      tenant: user.tenantId,
      roles: user.roles,
      scopes: settings.scopes(user.roles),
      sessionId: session.id,
      authenticatedAt: session.authenticatedAt,
      factors: session.factors,
      epoch,
    })
    return token
  }

  #refreshRecord(token: string, session: SessionRecord, now: Date): RefreshRecord {
    const idle = now.getTime() + this.#deps.settings.refresh.idleDays * DAY
    return {
      hash: refreshTokenHash(token) as string,
      sessionId: session.id,
      issuedAt: now,
      idleExpiresAt: new Date(Math.min(idle, session.expiresAt.getTime())),
      rotatedAt: null,
      successorHash: null,
      successorSealed: null,
    }
  }

  #reply(accessToken: string, refreshToken: string): SessionTokens {
    return { accessToken, refreshToken, tokenType: 'Bearer', expiresIn: this.#deps.settings.accessTokenSeconds }
  }

  #lastAccessExpiry(): Date {
    return new Date(this.#now().getTime() + (this.#deps.settings.accessTokenSeconds + 60) * 1000)
  }

  #now(): Date {
    return new Date(this.#deps.clock.now())
  }
}

function refused(detail: string): Refusal {
  return new Refusal('invalid_credentials', { detail })
}
