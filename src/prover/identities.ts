import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { csrfHeaders } from './csrf-headers.ts'
import { type Engine, NOBODY, type Sender } from './engine/engine.ts'
import type { Answer } from './engine/exchange.ts'
import type { Door } from './engine/patience.ts'
import type { Placeholders } from './engine/secrets.ts'
import type { CredentialSource, IdentityPlan, LoginRecipe } from './plan/plan.ts'
import { at } from './pointer.ts'
import { NotTested } from './verdict.ts'

/** A live credential and what came with it. */
export interface Session extends Sender {
  /** The credential itself: a token, a key, a cookie's value; null where headers were given ready. */
  readonly token: string | null
  /** The whole answer of the login, where there was one. */
  readonly login: Answer | null
  /** Milliseconds since 1970; null when unknown. */
  readonly expiresAt: number | null
}

/** Somebody with a credential that is renewed when it is about to expire. */
export class Identity {
  readonly plan: IdentityPlan
  /** Its id in the API: given, or the `sub` of its token, or what a reply said. */
  subject: string | null
  /** Its own record as the API shows it (`GET /me`, the reply of the login); null while nobody has asked or where there is none. */
  about: Readonly<Record<string, unknown>> | null = null
  readonly #engine: Engine
  readonly #placeholders: Placeholders
  readonly #other: (name: string) => Identity
  #session: Promise<Session> | null = null

  /** @param other - Finds the identity that a minted credential is asked from. */
  constructor(plan: IdentityPlan, engine: Engine, placeholders: Placeholders, other: (name: string) => Identity) {
    this.#other = other
    this.plan = plan
    this.subject = plan.subject
    this.#engine = engine
    this.#placeholders = placeholders
    if (plan.account) {
      const { username, password } = plan.account
      placeholders.add(`PASSWORD_${plan.name}`, password)
      placeholders.add(`BASIC_${plan.name}`, Buffer.from(`${username}:${password}`).toString('base64'))
    }
  }

  get name(): string {
    return this.plan.name
  }

  /**
   * The credential to send with, renewed in the last minute of its life.
   * @throws {NotTested} When it cannot be had; the message says why, without the secret.
   */
  async session(): Promise<Session> {
    const held = await this.#session?.catch(() => null)
    if (held && (held.expiresAt === null || held.expiresAt - this.#engine.target.now() > RENEW_BEFORE_MILLISECONDS))
      return held
    this.#session = this.open()
    return this.#session
  }

  /** Begins with a session that is there already, to spare a sign-in. */
  begin(session: Session): void {
    this.#keep(session)
    this.#session = Promise.resolve(session)
  }

  /** Forgets the credential, so that the next use renews it. */
  forget(): void {
    this.#session = null
  }

  /** A new session of its own, which others do not use: for attacks that end one. */
  async open(): Promise<Session> {
    const session = await this.#obtain()
    this.#keep(session)
    return session
  }

  #keep(session: Session): void {
    const credential = session.token
    if (credential === null) return
    this.#placeholders.add(`TOKEN_${this.name}`, credential)
    this.subject ??= subjectOf(credential)
  }

  async #obtain(): Promise<Session> {
    const { source, name } = this.plan
    switch (source.kind) {
      case 'token':
        return this.#carry(source.token, null)
      case 'made':
        return this.#carry(await source.make(), null)
      case 'command': {
        const [program = '', ...args] = source.command
        const { stdout } = await promisify(execFile)(program, args, { timeout: 30_000 }).catch((error: Error) => {
          throw new NotTested(`${name}: the command ${program} failed: ${error.message.split('\n')[0]}`)
        })
        return this.#carry(stdout.trim(), null)
      }
      case 'headers':
        for (const [header, value] of Object.entries(source.headers)) this.#hideHeader(header, value)
        return { name, headers: Object.entries(source.headers), query: [], token: null, login: null, expiresAt: null }
      case 'minted':
        return this.#minted(source)
      case 'login':
        return this.#login(source.login)
    }
  }

  async #minted({ as, request, token: pointer }: CredentialSource & { readonly kind: 'minted' }): Promise<Session> {
    const draft = { ...request, path: request.url, query: [], headers: [] }
    const answer = await this.#engine.send(draft, await this.#other(as).session(), `${this.name} from ${as}`)
    const token = at(answer.json, pointer)
    if (typeof token !== 'string')
      throw new NotTested(
        `${this.name}: ${request.method} ${request.url} as ${as} answered ${answer.status} without ${pointer}`,
      )
    return this.#carry(token, answer)
  }

  async #login(recipe: LoginRecipe): Promise<Session> {
    const { name } = this.plan
    const absolute = /^https?:/.test(recipe.url)
    const url = absolute ? new URL(recipe.url) : undefined
    const draft = {
      method: recipe.method,
      path: url ? url.pathname : recipe.url,
      query: url ? [...url.searchParams] : [],
      headers: Object.entries(recipe.headers),
      body: recipe.body,
      mediaType: recipe.mediaType,
      signsIn: true,
    }
    const send = (door: Door) => this.#engine.send(draft, NOBODY, `sign-in of ${name}`, url, undefined, door)
    const answer = await this.#engine.ask(draft, NOBODY, send, { at: url })
    if (answer.status === 0)
      throw new NotTested(`${name}: ${draft.method} ${recipe.url} had no answer: ${answer.failure}`)
    const cookies = cookiesOf(answer)
    const { from, name: where } = recipe.token
    const token =
      from === 'body'
        ? at(answer.json, where)
        : from === 'cookie'
          ? cookies[where]
          : answer.headers[where.toLowerCase()]?.replace(/^Bearer /i, '')
    if (typeof token !== 'string' || token === '')
      throw new NotTested(
        `${name}: the login answered ${answer.status} and holds no token at ${from} ${where}; ` +
          `check the account, or "token" in turnpike.yaml`,
      )
    for (const value of Object.values(cookies)) this.#placeholders.add(`COOKIE_${name}`, value)
    const session = this.#carry(token, answer)
    const also = Object.entries(recipe.also).flatMap(([header, pointer]) => {
      const [, kind, key = ''] = /^(cookie|header):(.*)$/.exec(pointer) ?? []
      const value =
        kind === 'cookie'
          ? decoded(cookies[key])
          : kind === 'header'
            ? answer.headers[key.toLowerCase()]
            : at(answer.json, pointer)
      return value === undefined ? [] : [[header, String(value)] as const]
    })
    const jar = Object.entries(cookies)
    const csrf = from === 'cookie' && also.length === 0 ? csrfHeaders(cookies, answer.json) : []
    for (const [, value] of [...also, ...csrf]) this.#placeholders.add(`CSRF_${name}`, value)
    const cookie =
      from === 'cookie' ? [['Cookie', jar.map(([key, value]) => `${key}=${value}`).join('; ')] as const] : []
    return {
      ...session,
      headers: [
        ...session.headers.filter(([each]) => from !== 'cookie' || !/^cookie$/i.test(each)),
        ...cookie,
        ...also,
        ...csrf,
      ],
      expiresAt: session.expiresAt ?? this.#expiryOf(answer.json),
    }
  }

  /** The whole value, and what of it is the secret: what follows the scheme, each cookie. */
  #hideHeader(header: string, value: string): void {
    const name = `${header}_${this.name}`
    this.#placeholders.add(name, value)
    const parts = /^cookie$/i.test(header)
      ? value.split('; ').map((each) => each.slice(each.indexOf('=') + 1))
      : value.split(' ').slice(1)
    for (const part of parts) if (part.length >= 12) this.#placeholders.add(name, part)
  }

  #carry(token: string, login: Answer | null): Session {
    return {
      name: this.name,
      ...carried(this.plan, token),
      token,
      login,
      expiresAt: expiryOfJwt(token),
    }
  }

  #expiryOf(reply: unknown): number | null {
    const seconds = at(reply, '/expiresIn') ?? at(reply, '/expires_in')
    return typeof seconds === 'number' ? this.#engine.target.now() + seconds * 1000 : null
  }
}

const RENEW_BEFORE_MILLISECONDS = 60_000

/** Headers and query that carry this token the way the identity's own is carried. */
export function carried({ place, headers }: IdentityPlan, token: string): Pick<Sender, 'headers' | 'query'> {
  const beside = Object.entries(headers ?? {}).filter(([name]) => place.in !== 'cookie' || !/^cookie$/i.test(name))
  const value = `${place.prefix}${token}`
  if (place.in === 'query') return { headers: beside, query: [[place.name, value]] }
  if (place.in === 'header') return { headers: [[place.name, value], ...beside], query: [] }
  const jar = [`${place.name}=${value}`, ...(headers?.Cookie === undefined ? [] : [headers.Cookie])]
  return { headers: [['Cookie', jar.join('; ')], ...beside], query: [] }
}

/** What a page's script would read of a cookie and send back in a header. */
function decoded(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value)
  } catch {
    return value
  }
}

function cookiesOf(answer: Answer): Readonly<Record<string, string>> {
  const lines = (answer.headers['set-cookie'] ?? '').split('\n')
  return Object.fromEntries(
    lines.flatMap((line) => {
      const pair = /^([^=;\s]+)=([^;]*)/.exec(line)
      return pair ? [[pair[1] as string, pair[2] as string]] : []
    }),
  )
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  try {
    return decodeJwt(token)
  } catch {
    return null
  }
}

function expiryOfJwt(token: string): number | null {
  const exp = claimsOf(token)?.exp
  return typeof exp === 'number' ? exp * 1000 : null
}

function subjectOf(token: string): string | null {
  const claims = claimsOf(token)
  const subject = claims?.sub ?? claims?.userId ?? claims?.user_id ?? claims?.uid ?? claims?.id
  return typeof subject === 'string' || typeof subject === 'number' ? String(subject) : null
}
