import type { Context } from 'turnpike'
import { isLocal } from 'turnpike/identity'
import { type Attack, broken, control, HELD, Inconclusive, refused, sameAnswer, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import { bearer, type Person } from '../people.ts'

type Api2 = Attack<Target>

const LOGIN = 'POST /api/v1/auth/login'
/** Beyond every window of every budget for guessing. */
const QUIET_MILLISECONDS = 3_700_000
const WINDOW_MILLISECONDS = 11_000

const me = (target: Target, accessToken: string) => target.call('GET /api/v1/me', { as: bearer(accessToken) })
const refresh = (target: Target, refreshToken: string) =>
  target.call('POST /api/v1/auth/refresh', { body: { refreshToken } })
const guess = (target: Target, email: string, password: string, headers: Readonly<Record<string, string>> = {}) =>
  target.call(LOGIN, { body: { email, password }, headers, patient: false })

const isDenied = (answer: Answer): boolean => refused(answer) && answer.status === 401

/** Access and refresh token of an ended session are both worth nothing. */
async function isDead(
  target: Target,
  session: { readonly accessToken: string; readonly refreshToken: string },
): Promise<Verdict> {
  for (const answer of [await me(target, session.accessToken), await refresh(target, session.refreshToken)])
    if (!isDenied(answer)) return broken('the session still lives', answer)
  return HELD
}

const refreshAsAccess: Api2 = {
  number: 41,
  title: 'a refresh token as access token, an access token as refresh token, a token of type JWT',
  needs: 'users',
  async run(target) {
    const session = await target.login(await target.person())
    control(await me(target, session.accessToken))
    for (const answer of [
      await me(target, session.refreshToken),
      await refresh(target, session.accessToken.slice(-100)),
    ])
      if (!isDenied(answer)) return broken('taken for the other kind', answer)
    control(await refresh(target, session.refreshToken))
    return HELD
  },
}

const loggedOut: Api2 = {
  number: 42,
  title: 'a session after its logout, while the others live',
  needs: 'users',
  async run(target) {
    const person = await target.person()
    const [ended, other] = [await target.login(person), await target.login(person)]
    control(await me(target, ended.accessToken))
    control(await target.call('POST /api/v1/auth/logout', { as: bearer(ended.accessToken) }))
    control(await me(target, other.accessToken), 'the other session')
    return isDead(target, ended)
  },
}

const loggedOutEverywhere: Api2 = {
  number: 42,
  title: 'every session after a logout everywhere',
  needs: 'users',
  async run(target) {
    const person = await target.person()
    const sessions = [await target.login(person), await target.login(person)]
    control(await target.call('POST /api/v1/auth/logout-everywhere', { as: bearer(sessions[0]?.accessToken ?? '') }))
    for (const session of sessions) {
      const verdict = await isDead(target, session)
      if (verdict !== HELD) return verdict
    }
    control(await me(target, (await target.login(person)).accessToken), 'a new session')
    return HELD
  },
}

/** Everything that a person holds: the session, an API key, and the password. */
async function holdingsOf(target: Target, person: Person) {
  const session = await target.login(person)
  const as = bearer(session.accessToken)
  const made = control(
    await target.call('POST /api/v1/api-keys', { as, body: { name: 'kept', scopes: ['invoices:read'] } }),
  )
  const key = bearer(made.json.key)
  control(await target.call('GET /api/v1/invoices', { as: key }), 'the API key')
  return { session, key, as }
}

async function nothingWorks(
  target: Target,
  person: Person,
  { session, key }: Awaited<ReturnType<typeof holdingsOf>>,
): Promise<Verdict> {
  const dead = await isDead(target, session)
  if (dead !== HELD) return dead
  const byKey = await target.call('GET /api/v1/invoices', { as: key })
  if (!isDenied(byKey)) return broken('the API key still works', byKey)
  const login = await target.call(LOGIN, { body: { email: person.email, password: person.password } })
  return isDenied(login) ? HELD : broken('signing in still works', login)
}

const disabled: Api2 = {
  number: 42,
  title: 'whatever a disabled user holds (lesson 19)',
  needs: 'users',
  async run(target) {
    const person = await target.person()
    const holdings = await holdingsOf(target, person)
    const { identity } = target.gate
    if (!isLocal(identity)) throw new Inconclusive('there are no users here')
    const { userId, tenantId, roles } = target.admin
    const principal = { kind: 'user', key: userId, id: userId, tenant: tenantId, roles, scopes: [] }
    const context = { principal, now: () => new Date(target.clock.now()), audit: () => {} } as unknown as Context
    await target.state.transaction(() => identity.service.users.setDisabled(person.userId, true, context))
    return nothingWorks(target, person, holdings)
  },
}

const deleted: Api2 = {
  number: 42,
  title: 'whatever a deleted user holds',
  needs: 'users',
  async run(target) {
    const person = await target.person()
    const holdings = await holdingsOf(target, person)
    control(await target.call(`DELETE /api/v1/users/${person.userId}`, { as: holdings.as }))
    return nothingWorks(target, person, holdings)
  },
}

const replayed: Api2 = {
  number: 44,
  title: 'a rotated refresh token, replayed after its window or after its successor was used, ends the family',
  needs: 'users',
  async run(target) {
    const person = await target.person()
    for (const how of ['late', 'after its successor'] as const) {
      const first = await target.login(person)
      const second = control(await refresh(target, first.refreshToken)).json
      const last = how === 'late' ? second : control(await refresh(target, second.refreshToken)).json
      if (how === 'late') target.clock.advance(WINDOW_MILLISECONDS)
      control(await me(target, last.accessToken), 'the successor')
      if (!isDenied(await refresh(target, first.refreshToken))) return broken(`a replay ${how} gave tokens`)
      const verdict = await isDead(target, last)
      if (verdict !== HELD) return verdict
      if (!target.audit.some(({ type, facts }) => type === 'session.reuse_detected' && facts.user === person.userId))
        return broken('nobody was told of the replay')
    }
    return HELD
  },
}

const parallelRefreshes: Api2 = {
  number: 52,
  title: 'parallel refreshes give one successor, and both tabs stay signed in (lessons 3 and 33)',
  needs: 'users',
  async run(target) {
    target.clock.advance(60_000)
    const session = await target.login(await target.person())
    // Within the limit of the endpoint: a 429 would prove nothing.
    const answers = await Promise.all(Array.from({ length: 25 }, () => refresh(target, session.refreshToken)))
    return oneSuccessor(target, answers)
  },
}

/** All got the same successor, each access token works, and the successor does too. */
export async function oneSuccessor(target: Target, answers: readonly Answer[]): Promise<Verdict> {
  for (const answer of answers) control(answer, 'a refresh')
  const successors = new Set(answers.map(({ json }) => json.refreshToken))
  if (successors.size !== 1) return broken(`${successors.size} successors`)
  for (const { json } of answers.slice(0, 5)) control(await me(target, json.accessToken), 'a tab')
  const next = control(await refresh(target, [...successors][0]), 'the successor').json
  control(await me(target, next.accessToken), 'the successor’s access token')
  return HELD
}

const guessing: Api2 = {
  number: 47,
  title: 'six guesses at 0, 12, 24, 36, 48 and 59 s, each from another forwarded address',
  needs: 'users',
  async run(target) {
    const { email, password } = await target.person()
    target.clock.advance(QUIET_MILLISECONDS)
    const start = target.clock.now()
    for (const [index, second] of [0, 12, 24, 36, 48].entries()) {
      target.clock.set(start + second * 1000)
      const answer = await guess(target, email, 'Wrong-1234', { 'X-Forwarded-For': `203.0.113.${index}` })
      if (answer.status !== 401) return broken(`guess ${index + 1} is not refused as one`, answer)
    }
    target.clock.set(start + 59_000)
    const sixth = await guess(target, email, password, { 'X-Forwarded-For': '203.0.113.99' })
    if (sixth.status !== 429) return broken('the sixth guess was looked at', sixth)
    if (!(Number(sixth.headers['retry-after']) >= 1)) return broken('no Retry-After', sixth)
    if (!/"address";r=0;t=\d+/.test(sixth.headers.ratelimit ?? '')) return broken('no RateLimit', sixth)
    if (!sixth.headers['ratelimit-policy']?.includes('"address";q=5;w=60')) return broken('no RateLimit-Policy', sixth)
    target.clock.set(start + 61_000)
    const later = await guess(target, email, 'Wrong-1234')
    return later.status === 401 ? HELD : broken('the window does not slide', later)
  },
}

const backoff: Api2 = {
  number: 47,
  title: 'the right password straight after four wrong ones waits',
  needs: 'users',
  async run(target) {
    const { email, password } = await target.person()
    target.clock.advance(QUIET_MILLISECONDS)
    for (let failures = 0; failures < 4; failures++) {
      const answer = await guess(target, email, 'Wrong-1234')
      if (answer.status !== 401) return broken('a wrong password', answer)
    }
    const early = await guess(target, email, password)
    if (early.status !== 401) return broken('no backoff', early)
    target.clock.advance(61_000)
    control(await guess(target, email, password), 'the owner, a minute later')
    return HELD
  },
}

/** Fails often enough for a lockout, at the pace that limits and backoff allow, under several spellings of the address (lesson 26). */
async function lock(target: Target, email: string): Promise<void> {
  for (let failures = 0; failures < 10; failures++) {
    target.clock.advance(130_000)
    const spelling = failures % 2 === 0 ? email : ` ${email.toUpperCase()}`
    const answer = await guess(target, spelling, 'Wrong-1234')
    if (answer.status !== 401) throw new Inconclusive(`guess ${failures} answered ${answer.status}`)
  }
  target.clock.advance(130_000)
}

const lockout: Api2 = {
  number: 47,
  title: 'ten wrong guesses lock the account for a while, whatever spelling they use (lesson 26)',
  needs: 'users',
  async run(target) {
    const { email, password } = await target.person()
    target.clock.advance(QUIET_MILLISECONDS)
    await lock(target, email)
    const locked = await guess(target, email, password)
    if (locked.status !== 401) return broken('the account is not locked', locked)
    target.clock.advance(900_000)
    control(await guess(target, email, password), 'the owner, after the lockout')
    return HELD
  },
}

const enumeration: Api2 = {
  number: 48,
  title: 'unknown, wrong and locked look the same (lesson 28)',
  needs: 'users',
  async run(target) {
    const known = await target.person()
    const lockedOne = await target.person()
    target.clock.advance(QUIET_MILLISECONDS)
    await lock(target, lockedOne.email)
    const ask = async (email: string, password: string) => {
      target.clock.advance(61_000)
      return guess(target, email, password)
    }
    const wrong = await ask(known.email, 'Wrong-1234')
    const others = [
      await ask('nobody-knows@example.com', 'Wrong-1234'),
      await ask('not an address', 'Wrong-1234'),
      await ask(lockedOne.email, 'Wrong-1234'),
      await ask(lockedOne.email, lockedOne.password),
    ]
    if (wrong.status !== 401) return broken('a wrong password', wrong)
    for (const answer of others)
      if (!sameAnswer(wrong, answer)) return broken('it can be told from a wrong password', answer)
    return HELD
  },
}

const takenAddress: Api2 = {
  number: 48,
  title: 'registering a taken address tells nothing of the account, and is limited',
  needs: 'users',
  async run(target) {
    const { email, userId } = await target.person()
    const register = (address: string) =>
      target.call('POST /api/v1/auth/register', {
        body: { name: 'Some Body', age: 40, email: address, password: 'Very-Long-Pass-1' },
        patient: false,
      })
    target.clock.advance(61_000)
    control(await register(`new-${email}`), 'a free address')
    for (const spelling of [email, email.toUpperCase()]) {
      const answer = await register(spelling)
      if (answer.status !== 409 || answer.text.includes(userId) || answer.text.includes(email))
        return broken('it says more than that it is taken', answer)
    }
    for (let more = 0; more < 7; more++) await register(email)
    const eleventh = await register(email)
    return eleventh.status === 429 ? HELD : broken('addresses can be tried without end', eleventh)
  },
}

export const sessionAttacks: readonly Api2[] = [
  refreshAsAccess,
  loggedOut,
  loggedOutEverywhere,
  disabled,
  deleted,
  replayed,
  parallelRefreshes,
  guessing,
  backoff,
  lockout,
  enumeration,
  takenAddress,
]
