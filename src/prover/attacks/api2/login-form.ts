import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { NotTested } from '../../verdict.ts'

/** The sign-in of an account, to be filled in with other names and passwords. */
export interface LoginForm {
  readonly username: string
  readonly password: string
  draft(username: string, password: string): Draft
  /** Whether the answer signs somebody in: it holds the token where the recipe looks for it. */
  signsIn(answer: Answer): boolean
}

/** @throws {NotTested} Where the identity does not sign in with a password, or elsewhere than at the target. */
export function loginForm({ plan }: Identity, probe: Probe): LoginForm {
  const { account, source, name } = plan
  if (account === null || source.kind !== 'login')
    throw new NotTested(`${name} does not sign in with a password; add a login and an account to identities`)
  const { login } = source
  const { username, password } = account
  const url = /^https?:/.test(login.url) ? new URL(login.url) : null
  if (url !== null && url.origin !== probe.base.origin)
    throw new NotTested(`sign-in is at ${url.origin}, which is not the target; attack that API by itself`)
  const filled = (other: string, secret: string) => (text: string) =>
    text === username ? other : text === password ? secret : text
  return {
    username,
    password,
    draft: (other, secret) => ({
      method: login.method,
      path: login.url,
      ...(url === null ? {} : { rawTarget: url.pathname + url.search }),
      query: [],
      headers: Object.entries(login.headers),
      body: replacedTexts(login.body, filled(other, secret)),
      mediaType: login.mediaType,
    }),
    signsIn: (answer) => {
      if (!succeeded(answer) && answer.status !== 302 && answer.status !== 303) return false
      const { from, name: where } = login.token
      if (from === 'body') return typeof at(answer.json, where) === 'string'
      if (from === 'header') return answer.headers[where.toLowerCase()] !== undefined
      return (answer.headers['set-cookie'] ?? '')
        .split('\n')
        .some((line) => line.startsWith(`${where}=`) && !line.startsWith(`${where}=;`))
    },
  }
}

/** A copy of a body with its texts passed through a function. */
export function replacedTexts(body: unknown, replaced: (text: string, key: string) => string): unknown {
  if (typeof body === 'string') return replaced(body, '')
  let changed = body
  for (const { at: place, value } of [...leavesOf(body)])
    if (typeof value === 'string') changed = withAt(changed, place, replaced(value, place.split('/').at(-1) ?? ''))
  return changed
}

/** A name of the same form that belongs to nobody. */
export const unknownName = (username: string, probe: Probe): string =>
  username.includes('@') ? `${probe.nonce()}@${username.split('@')[1]}` : probe.nonce()
