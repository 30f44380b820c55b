import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ManualClock } from '../../src/base/clock.ts'
import { StoreError } from '../../src/base/store-error.ts'
import type {
  ApiKeyRecord,
  AttemptPolicy,
  Budget,
  ClaimRequest,
  RefreshRecord,
  SessionRecord,
  Spent,
  State,
  UserRecord,
} from '../../src/stores/store.ts'
import { gate } from './gate.ts'
import { exactLogModel, rateModel } from './limit-models.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 3_600_000

let serial = 0
/** Tests share one store: every name is used once. */
const unique = (name: string) => `${name}-${++serial}`
const at = (milliseconds: number) => new Date(START + milliseconds)

export interface OpenedState {
  readonly state: State
  readonly clock: ManualClock
}

/** What every backend must do. `open` is called once. */
export function describeState(name: string, open: () => Promise<OpenedState>): void {
  describe(`${name}: conformance`, () => {
    let state: OpenedState['state']
    let clock: ManualClock

    beforeAll(async () => {
      ;({ state, clock } = await open())
    })
    afterAll(() => state.close())
    beforeEach(() => clock.advance(24 * HOUR))

    const admit = async (budgets: readonly Budget[]): Promise<readonly Spent[]> =>
      (await state.admission.admit(budgets, null)).spent
    const one = async (key: string, limit: number, windowSeconds = 60, cost = 1) =>
      (await admit([{ key, limit, windowSeconds, cost }]))[0] as Spent
    const standing = async (principalKey: string, sessionId: string | null = null, tokenId: string | null = null) =>
      (await state.admission.admit([], { principalKey, sessionId, tokenId })).standing

    describe('admission: budgets', () => {
      it('refuses the sixth login within a minute and lets it in when the first has left the window', async () => {
        const key = unique('login')
        const answers: boolean[] = []
        let last = 0
        for (const second of [0, 12, 24, 36, 48, 59]) {
          clock.advance((second - last) * 1000)
          last = second
          answers.push((await one(key, 5)).allowed)
        }
        expect(answers).toEqual([true, true, true, true, true, false])
        expect(await one(key, 5)).toEqual({ allowed: false, remaining: 0, resetSeconds: 1 })
        clock.advance(999)
        expect((await one(key, 5)).allowed).toBe(false)
        clock.advance(1)
        expect((await one(key, 5)).allowed).toBe(true)
      })

      it.each([50, 500])('lets exactly the limit of %i through when 1,000 come at once', async (limit) => {
        const key = unique('burst')
        const answers = await Promise.all(Array.from({ length: 1000 }, () => one(key, limit)))
        expect(answers.filter((answer) => answer.allowed)).toHaveLength(limit)
        expect(answers.at(-1)).toMatchObject({ allowed: false, remaining: 0 })
      })

      it('spends all budgets or none', async () => {
        const [open, full] = [unique('open'), unique('full')]
        expect((await one(full, 1)).allowed).toBe(true)
        const budgets = [open, full].map((key) => ({ key, limit: key === open ? 5 : 1, windowSeconds: 60, cost: 1 }))
        const refused = await admit(budgets)
        expect(refused.map((spent) => spent.allowed)).toEqual([true, false])
        expect(refused[0]?.remaining).toBe(5)
        expect((await one(open, 5)).remaining).toBe(4)
      })

      it('counts the same key twice in one call twice', async () => {
        const budget = { key: unique('twice'), limit: 3, windowSeconds: 60, cost: 2 }
        expect((await admit([budget, budget])).every((spent) => spent.allowed)).toBe(false)
        expect((await admit([{ ...budget, cost: 1 }, budget])).every((spent) => spent.allowed)).toBe(true)
        expect((await one(budget.key, 3)).allowed).toBe(false)
      })

      it('refuses a cost above the limit, for ever, and says the whole window', async () => {
        expect(await one(unique('dear'), 10, 60, 11)).toMatchObject({ allowed: false, resetSeconds: 60 })
        expect(await one(unique('dear'), 100, 60, 101)).toMatchObject({ allowed: false, resetSeconds: 60 })
      })

      it('asks without spending at cost 0', async () => {
        const key = unique('free')
        await one(key, 2)
        expect(await one(key, 2, 60, 0)).toEqual({ allowed: true, remaining: 1, resetSeconds: 60 })
        expect((await one(key, 2, 60, 0)).remaining).toBe(1)
      })

      it.each([
        ['limit', { limit: 0 }],
        ['limit', { limit: Number.NaN }],
        ['window', { windowSeconds: 0 }],
        ['cost', { cost: -1 }],
        ['cost', { cost: 0.5 }],
      ])('throws on a wrong %s', async (_what, wrong) => {
        await expect(admit([{ key: unique('wrong'), limit: 5, windowSeconds: 60, cost: 1, ...wrong }])).rejects.toThrow(
          RangeError,
        )
      })

      it('gives nothing away when the clock steps back, and does not stand still afterwards', async () => {
        const [few, many] = [unique('few'), unique('many')]
        for (let n = 0; n < 5; n += 1) await one(few, 5)
        for (let n = 0; n < 100; n += 1) await one(many, 100)
        clock.advance(-HOUR)
        expect((await one(few, 5)).allowed).toBe(false)
        expect((await one(many, 100)).allowed).toBe(false)
        clock.advance(MINUTE)
        expect((await one(few, 5)).allowed).toBe(true)
        expect((await one(many, 100)).allowed).toBe(true)
      })

      const steps = fc.array(fc.record({ wait: fc.nat({ max: 30_000 }), cost: fc.integer({ min: 0, max: 4 }) }), {
        minLength: 1,
        maxLength: 80,
      })

      it('is the exact sliding log up to 60 (against a model)', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.integer({ min: 1, max: 60 }),
            fc.integer({ min: 1, max: 90 }),
            steps,
            async (limit, windowSeconds, script) => {
              const key = unique('log')
              const model = exactLogModel(limit, windowSeconds * 1000)
              for (const { wait, cost } of script) {
                clock.advance(wait)
                expect(await one(key, limit, windowSeconds, cost)).toEqual(model(clock.now(), cost))
              }
            },
          ),
          { numRuns: 60 },
        )
      })

      it('is GCRA above 60 (against a model in whole numbers)', async () => {
        const limits = fc.integer({ min: 61, max: 5000 })
        await fc.assert(
          fc.asyncProperty(
            limits,
            fc.integer({ min: 1, max: 7200 }),
            steps,
            fc.integer({ min: 1, max: 50 }),
            async (limit, windowSeconds, script, scale) => {
              const key = unique('rate')
              const model = rateModel(limit, windowSeconds * 1000)
              for (const { wait, cost } of script) {
                clock.advance(Math.floor(wait / scale))
                expect(await one(key, limit, windowSeconds, cost * scale)).toEqual(model(clock.now(), cost * scale))
              }
            },
          ),
          { numRuns: 60 },
        )
      })
    })

    describe('admission: standing', () => {
      const nothing = { revoked: false, epoch: 0, disabled: false, revokedBefore: 0 }

      it('is spotless for a stranger, and null when not asked', async () => {
        expect(await standing(unique('p'), 's', 't')).toEqual(nothing)
        expect((await state.admission.admit([], null)).standing).toBeNull()
      })

      it('sees a revocation at once, by kind', async () => {
        const id = unique('id')
        const principal = unique('p')
        await standing(principal, id, id)
        await state.revocations.revoke('token', id, at(100 * 24 * HOUR))
        expect((await standing(principal, null, id))?.revoked).toBe(true)
        expect((await standing(principal, id, null))?.revoked).toBe(false)
        await state.revocations.revoke('session', id, at(100 * 24 * HOUR))
        expect((await standing(principal, id, null))?.revoked).toBe(true)
      })

      it('sees epoch and disabling at once', async () => {
        const principal = unique('p')
        expect(await standing(principal)).toEqual(nothing)
        expect(await state.revocations.raiseEpoch(principal, at(5))).toBe(1)
        expect(await standing(principal)).toEqual({ ...nothing, epoch: 1, revokedBefore: START + 5 })
        expect(await state.revocations.raiseEpoch(principal, at(3))).toBe(2)
        await state.revocations.setDisabled(principal, true)
        expect(await standing(principal)).toEqual({
          revoked: false,
          epoch: 2,
          disabled: true,
          revokedBefore: START + 5,
        })
        expect(await state.revocations.standing(principal)).toEqual({
          epoch: 2,
          disabled: true,
          revokedBefore: START + 5,
        })
        await state.revocations.setDisabled(principal, false)
        expect((await standing(principal))?.disabled).toBe(false)
      })

      it('raises an epoch once for each of 50 concurrent callers', async () => {
        const principal = unique('p')
        const epochs = await Promise.all(
          Array.from({ length: 50 }, () => state.revocations.raiseEpoch(principal, at(0))),
        )
        expect(new Set(epochs).size).toBe(50)
        expect((await standing(principal))?.epoch).toBe(50)
      })

      it('keeps what a unit writes to itself until it commits, and loses it with the unit', async () => {
        const [principal, token] = [unique('p'), unique('t')]
        await standing(principal, null, token)
        const write = async () => {
          await state.revocations.revoke('token', token, at(100 * 24 * HOUR))
          await state.revocations.raiseEpoch(principal, at(0))
        }
        await expect(
          state.transaction(async () => {
            await write()
            throw new Error('changed my mind')
          }),
        ).rejects.toThrow('changed my mind')
        expect(await standing(principal, null, token)).toEqual(nothing)
        const { promise: written, open: resolve } = gate()
        let committed = false
        const unit = state.transaction(async () => {
          state.onSettled(() => {
            committed = true
          })
          await write()
          resolve()
          await nextTurn()
        })
        await written
        // A store that must ask the database waits for the unit; one that answers before must not know of it.
        const early = await standing(principal, null, token).then((answer) => (committed ? nothing : answer))
        expect(early).toEqual(nothing)
        await unit
        expect(await standing(principal, null, token)).toMatchObject({ revoked: true, epoch: 1 })
      })

      it('never serves an old standing after the write was acknowledged, whatever read was under way', async () => {
        for (let round = 0; round < 20; round += 1) {
          const principal = unique('p')
          const reads = [standing(principal), standing(principal)]
          await state.revocations.raiseEpoch(principal, at(round))
          expect((await standing(principal))?.epoch).toBe(1)
          await Promise.all(reads)
          expect((await standing(principal))?.epoch).toBe(1)
        }
      })

      it('forgets revocations in the sweep only when they have expired', async () => {
        const [old, fresh] = [unique('t'), unique('t')]
        await state.revocations.revoke('token', old, at(HOUR))
        await state.revocations.revoke('token', fresh, at(3 * HOUR))
        await state.revocations.revoke('token', fresh, at(2 * HOUR))
        await state.revocations.sweep(at(2 * HOUR))
        expect((await standing('p', null, old))?.revoked).toBe(false)
        expect((await standing('p', null, fresh))?.revoked).toBe(true)
      })
    })

    describe('users', () => {
      it('keeps a record as it was given', async () => {
        const user = userOf({
          profile: { name: 'O\'Hara "x" \\ ü 😀', tags: ['a', null], deep: { n: 1.5 } },
          roles: ['admin', 'a b', 'q"q\\'],
        })
        expect(await state.users.insert(user)).toBe(true)
        expect(await state.users.byIds([user.id, user.id, unique('none')])).toEqual([user])
        expect(await state.users.byEmailIndex([unique('none'), user.emailIndex])).toEqual(user)
        expect(await state.users.byEmailIndex([])).toBeNull()
        expect(await state.users.byIds([])).toEqual([])
      })

      it('refuses a taken e-mail index, current or previous, both ways, and changes nothing', async () => {
        const user = userOf({ emailIndexPrevious: unique('previous') })
        await state.users.insert(user)
        const free = unique('free')
        for (const taken of [
          { emailIndex: user.emailIndex },
          { emailIndex: user.emailIndexPrevious as string },
          { emailIndex: free, emailIndexPrevious: user.emailIndex },
          { emailIndex: free, emailIndexPrevious: user.emailIndexPrevious },
        ]) {
          const second = userOf(taken)
          expect(await state.users.insert(second)).toBe(false)
          expect(await state.users.byIds([second.id])).toEqual([])
        }
        expect(await state.users.insert(userOf({ emailIndex: free, emailIndexPrevious: free }))).toBe(true)
      })

      it('throws on a taken id', async () => {
        const user = userOf({})
        await state.users.insert(user)
        const second = userOf({ id: user.id })
        await expect(state.users.insert(second)).rejects.toThrow(StoreError)
        expect(await state.users.byIds([user.id])).toEqual([user])
        expect(await state.users.byEmailIndex([second.emailIndex])).toBeNull()
      })

      it('has one winner among 20 who register the same address', async () => {
        const emailIndex = unique('same')
        const answers = await Promise.all(Array.from({ length: 20 }, () => state.users.insert(userOf({ emailIndex }))))
        expect(answers.filter(Boolean)).toHaveLength(1)
      })

      it('updates what is named, moves e-mail indexes, and refuses a taken one', async () => {
        const [user, other] = [userOf({}), userOf({})]
        await state.users.insert(user)
        await state.users.insert(other)
        expect(await state.users.update(user.id, { emailIndex: other.emailIndex, roles: ['x'] })).toBe(false)
        expect(await state.users.byIds([user.id])).toEqual([user])
        const emailIndex = unique('new')
        expect(
          await state.users.update(user.id, { emailIndex, emailIndexPrevious: user.emailIndex, disabled: true }),
        ).toBe(true)
        expect(await state.users.byIds([user.id])).toEqual([
          { ...user, emailIndex, emailIndexPrevious: user.emailIndex, disabled: true },
        ])
        expect(await state.users.update(user.id, { emailIndexPrevious: null })).toBe(true)
        expect(await state.users.byEmailIndex([user.emailIndex])).toBeNull()
        expect(await state.users.insert(userOf({ emailIndex: user.emailIndex }))).toBe(true)
        expect(await state.users.update(unique('none'), { disabled: true })).toBe(false)
        expect(await state.users.update(user.id, {})).toBe(true)
      })

      it('removes a user and frees the address', async () => {
        const user = userOf({})
        await state.users.insert(user)
        expect(await state.users.remove(user.id)).toBe(true)
        expect(await state.users.remove(user.id)).toBe(false)
        expect(await state.users.byEmailIndex([user.emailIndex])).toBeNull()
        expect(await state.users.insert(userOf({ emailIndex: user.emailIndex }))).toBe(true)
      })

      it('lists one tenant in pages, ordered by id in code points', async () => {
        const tenantId = unique('tenant')
        const ids = ['B', 'a', 'Z', 'b', '_'].map((letter) => `${letter}-${tenantId}`)
        for (const id of ids) await state.users.insert(userOf({ id, tenantId }))
        await state.users.insert(userOf({}))
        const sorted = [...ids].sort()
        const first = await state.users.list({ tenantId, after: null, limit: 2 })
        const rest = await state.users.list({ tenantId, after: first[1]?.id as string, limit: 10 })
        expect([...first, ...rest].map((user) => user.id)).toEqual(sorted)
        expect(first).toHaveLength(2)
      })
    })

    describe('sessions', () => {
      it('keeps session and token as given', async () => {
        const { session, token } = sessionOf({})
        await state.sessions.insert(session, token)
        expect(await state.sessions.byId(session.id)).toEqual(session)
        expect(await state.sessions.byRefreshHash(token.hash)).toEqual({ session, refresh: token })
        expect(await state.sessions.byId(unique('none'))).toBeNull()
        expect(await state.sessions.byRefreshHash(unique('none'))).toBeNull()
      })

      it('leaves no session without its token', async () => {
        const { session, token } = sessionOf({})
        await state.sessions.insert(session, token)
        const second = sessionOf({}).session
        await expect(state.sessions.insert(second, token)).rejects.toThrow(StoreError)
        expect(await state.sessions.byId(second.id)).toBeNull()
      })

      it('rotates: marks, stores the successor, erases the copy its predecessor kept', async () => {
        const { session, token } = sessionOf({})
        await state.sessions.insert(session, token)
        const second = tokenOf(session.id)
        const third = tokenOf(session.id)
        expect(await state.sessions.rotate(token.hash, second, 'sealed-2', at(1000))).toBe(true)
        expect((await state.sessions.byRefreshHash(token.hash))?.refresh).toEqual({
          ...token,
          rotatedAt: at(1000),
          successorHash: second.hash,
          successorSealed: 'sealed-2',
        })
        expect((await state.sessions.byRefreshHash(second.hash))?.session.lastUsedAt).toEqual(at(1000))
        expect(await state.sessions.rotate(second.hash, third, 'sealed-3', at(2000))).toBe(true)
        expect((await state.sessions.byRefreshHash(token.hash))?.refresh.successorSealed).toBeNull()
        expect((await state.sessions.byRefreshHash(second.hash))?.refresh.successorSealed).toBe('sealed-3')
        expect((await state.sessions.byRefreshHash(third.hash))?.refresh).toEqual(third)
      })

      it('has one winner among 100 rotations, and changes nothing for the others', async () => {
        const { session, token } = sessionOf({})
        await state.sessions.insert(session, token)
        const successors = Array.from({ length: 100 }, () => tokenOf(session.id))
        const answers = await Promise.all(
          successors.map((successor) => state.sessions.rotate(token.hash, successor, 'sealed', at(1000))),
        )
        expect(answers.filter(Boolean)).toHaveLength(1)
        const stored = await Promise.all(successors.map((successor) => state.sessions.byRefreshHash(successor.hash)))
        expect(stored.filter((found) => found !== null)).toHaveLength(1)
        expect(stored.findIndex((found) => found !== null)).toBe(answers.indexOf(true))
      })

      it('does not rotate an unknown token or one of an ended session', async () => {
        const { session, token } = sessionOf({})
        await state.sessions.insert(session, token)
        expect(await state.sessions.rotate(unique('none'), tokenOf(session.id), 's', at(1))).toBe(false)
        expect(await state.sessions.end(session.id, at(5))).toBe(true)
        expect(await state.sessions.end(session.id, at(6))).toBe(false)
        expect(await state.sessions.end(unique('none'), at(6))).toBe(false)
        const successor = tokenOf(session.id)
        expect(await state.sessions.rotate(token.hash, successor, 's', at(7))).toBe(false)
        expect(await state.sessions.byRefreshHash(successor.hash)).toBeNull()
        expect(await state.sessions.byRefreshHash(token.hash)).toEqual({
          session: { ...session, endedAt: at(5) },
          refresh: token,
        })
      })

      it('ends all of a user but one, and lists newest first', async () => {
        const userId = unique('user')
        const made = [0, 1, 2].map((minute) => sessionOf({ userId, createdAt: at(minute * MINUTE) }))
        for (const { session, token } of made) await state.sessions.insert(session, token)
        const stranger = sessionOf({})
        await state.sessions.insert(stranger.session, stranger.token)
        const ids = made.map(({ session }) => session.id)
        expect((await state.sessions.listOf(userId)).map((session) => session.id)).toEqual([...ids].reverse())
        await state.sessions.end(ids[0] as string, at(1))
        expect(await state.sessions.endAll(userId, at(9), ids[2])).toEqual([ids[1]])
        expect((await state.sessions.listOf(userId)).map((session) => session.endedAt)).toEqual([null, at(9), at(1)])
        expect(await state.sessions.endAll(userId, at(10))).toEqual([ids[2]])
        expect((await state.sessions.byId(stranger.session.id))?.endedAt).toBeNull()
      })

      it('sweeps sealed copies and expired sessions with their tokens', async () => {
        const [old, live] = [sessionOf({ expiresAt: at(-5 * HOUR) }), sessionOf({})]
        for (const { session, token } of [old, live]) await state.sessions.insert(session, token)
        const second = tokenOf(live.session.id)
        await state.sessions.rotate(live.token.hash, second, 'sealed', at(-3 * HOUR))
        await state.sessions.sweep({ successorsBefore: at(-3 * HOUR), expiredBefore: at(-5 * HOUR) })
        expect((await state.sessions.byRefreshHash(live.token.hash))?.refresh.successorSealed).toBe('sealed')
        expect(await state.sessions.byId(old.session.id)).not.toBeNull()
        await state.sessions.sweep({ successorsBefore: at(-2 * HOUR), expiredBefore: at(-4 * HOUR) })
        expect((await state.sessions.byRefreshHash(live.token.hash))?.refresh.successorSealed).toBeNull()
        expect(await state.sessions.byId(old.session.id)).toBeNull()
        expect(await state.sessions.byRefreshHash(old.token.hash)).toBeNull()
        expect(await state.sessions.byRefreshHash(second.hash)).not.toBeNull()
      })
    })

    describe('attempts', () => {
      const policy: AttemptPolicy = {
        free: 2,
        baseSeconds: 10,
        maxSeconds: 60,
        lockAfter: 6,
        lockSeconds: 600,
        forgetSeconds: 3600,
      }

      it('backs off, doubles, locks, and forgets', async () => {
        const key = unique('account')
        let now = 0
        const begin = () => state.attempts.begin(key, policy, at(now))
        expect(await begin()).toEqual({ allowed: true, failures: 1, locked: false, retryAfterSeconds: 0 })
        expect((await begin()).failures).toBe(2)
        expect((await begin()).failures).toBe(3)
        expect(await begin()).toEqual({ allowed: false, failures: 3, locked: false, retryAfterSeconds: 10 })
        now += 9_001
        expect(await begin()).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
        now += 999
        expect(await begin()).toMatchObject({ allowed: true, failures: 4 })
        expect(await begin()).toMatchObject({ allowed: false, retryAfterSeconds: 20 })
        now += 20_000
        expect((await begin()).failures).toBe(5)
        now += 40_000
        expect((await begin()).failures).toBe(6)
        expect(await begin()).toEqual({ allowed: false, failures: 6, locked: true, retryAfterSeconds: 600 })
        now += 600_000
        expect(await begin()).toMatchObject({ allowed: true, failures: 7 })
        expect(await begin()).toMatchObject({ allowed: false, locked: true })
        now += HOUR
        expect(await begin()).toMatchObject({ allowed: true, failures: 1 })
      })

      it('never waits longer than the maximum, however many failures', async () => {
        const key = unique('account')
        const patient = { ...policy, lockAfter: 1_000_000, forgetSeconds: 100_000 }
        let now = 0
        for (let n = 0; n < 80; n += 1) {
          expect((await state.attempts.begin(key, patient, at(now))).allowed).toBe(true)
          now += 60_000
        }
        await state.attempts.begin(key, patient, at(now))
        expect((await state.attempts.begin(key, patient, at(now))).retryAfterSeconds).toBe(60)
      })

      it('counts 100 concurrent attempts as 100', async () => {
        const key = unique('account')
        const lenient = { ...policy, free: 1000, lockAfter: 1000 }
        const answers = await Promise.all(Array.from({ length: 100 }, () => state.attempts.begin(key, lenient, at(0))))
        expect(new Set(answers.map((answer) => answer.failures)).size).toBe(100)
        expect((await state.attempts.begin(key, lenient, at(0))).failures).toBe(101)
      })

      it('lets free + 1 of 100 concurrent attempts through', async () => {
        const key = unique('account')
        const answers = await Promise.all(Array.from({ length: 100 }, () => state.attempts.begin(key, policy, at(0))))
        expect(answers.filter((answer) => answer.allowed)).toHaveLength(3)
      })

      it('keeps the count when the unit around it is rolled back', async () => {
        const key = unique('account')
        await expect(
          state.transaction(async () => {
            await state.attempts.begin(key, policy, at(0))
            throw new Error('wrong password')
          }),
        ).rejects.toThrow('wrong password')
        expect((await state.attempts.begin(key, policy, at(0))).failures).toBe(2)
      })

      it('starts anew after clear, and sweeps what is forgotten', async () => {
        const key = unique('account')
        await state.attempts.begin(key, policy, at(0))
        await state.attempts.clear(key)
        expect((await state.attempts.begin(key, policy, at(0))).failures).toBe(1)
        await state.attempts.sweep(at(HOUR - 1))
        expect((await state.attempts.begin(key, policy, at(0))).failures).toBe(2)
        await state.attempts.sweep(at(HOUR))
        expect((await state.attempts.begin(key, policy, at(0))).failures).toBe(1)
      })
    })

    describe('API keys', () => {
      it('keeps a key as given, and lists an owner in pages', async () => {
        const ownerId = unique('owner')
        const keys = ['c', 'a', 'B'].map((letter) => keyOf({ id: `${letter}-${ownerId}`, ownerId }))
        for (const key of keys) await state.apiKeys.insert(key)
        await state.apiKeys.insert(keyOf({}))
        const sorted = [...keys].sort((a, b) => (a.id < b.id ? -1 : 1))
        expect(await state.apiKeys.byId(keys[0]?.id as string)).toEqual(keys[0])
        expect(await state.apiKeys.byId(unique('none'))).toBeNull()
        expect(await state.apiKeys.byIds([])).toEqual([])
        expect((await state.apiKeys.byIds(keys.map((key) => key.id))).length).toBe(3)
        expect(await state.apiKeys.listOf(ownerId, { after: null, limit: 2 })).toEqual(sorted.slice(0, 2))
        expect(await state.apiKeys.listOf(ownerId, { after: sorted[1]?.id as string, limit: 2 })).toEqual(
          sorted.slice(2),
        )
        await expect(state.apiKeys.insert(keys[0] as ApiKeyRecord)).rejects.toThrow(StoreError)
      })

      it('revokes once, and admission knows the key as a revoked token at once', async () => {
        const key = keyOf({})
        await state.apiKeys.insert(key)
        expect((await standing('p', null, key.id))?.revoked).toBe(false)
        expect(await state.apiKeys.revoke(key.id, at(7))).toBe(true)
        expect(await state.apiKeys.revoke(key.id, at(8))).toBe(false)
        expect(await state.apiKeys.revoke(unique('none'), at(8))).toBe(false)
        expect((await state.apiKeys.byId(key.id))?.revokedAt).toEqual(at(7))
        expect((await standing('p', null, key.id))?.revoked).toBe(true)
      })

      it('revokes all of an owner', async () => {
        const ownerId = unique('owner')
        const keys = [keyOf({ ownerId }), keyOf({ ownerId }), keyOf({})]
        for (const key of keys) await state.apiKeys.insert(key)
        await state.apiKeys.revokeAll(ownerId, at(3))
        const revoked = await Promise.all(keys.map(async (key) => (await state.apiKeys.byId(key.id))?.revokedAt))
        expect(revoked).toEqual([at(3), at(3), null])
      })

      it('remembers the hour of the last use', async () => {
        const key = keyOf({})
        await state.apiKeys.insert(key)
        for (const moment of [HOUR + 5, HOUR + 6, 3 * HOUR + 1, 2 * HOUR]) await state.apiKeys.touch(key.id, at(moment))
        expect((await state.apiKeys.byId(key.id))?.lastUsedAt).toEqual(at(3 * HOUR))
        await state.apiKeys.touch(unique('none'), at(0))
      })
    })

    describe('claims', () => {
      it('has one winner of 100, held until done, then the reply', async () => {
        const key = unique('pay')
        const requests = Array.from({ length: 100 }, () => claimOf({ key }))
        const answers = await Promise.all(requests.map((request) => state.claims.claim(request)))
        expect(answers.filter((answer) => answer.outcome === 'claimed')).toHaveLength(1)
        expect(answers.filter((answer) => answer.outcome === 'held')).toHaveLength(99)
        const winner = requests[answers.findIndex((answer) => answer.outcome === 'claimed')] as ClaimRequest
        expect(await state.claims.doneAt(key)).toBeNull()
        expect(await state.claims.complete(key, unique('other'), 'x', at(1))).toBe(false)
        expect(await state.claims.complete(key, winner.holder, 'the reply', at(1))).toBe(true)
        expect(await state.claims.complete(key, winner.holder, 'again', at(2))).toBe(false)
        expect(await state.claims.claim(claimOf({ key }))).toEqual({ outcome: 'done', reply: 'the reply', at: at(1) })
        expect(await state.claims.doneAt(key)).toEqual(at(1))
        expect(await state.claims.claim(claimOf({ key, fingerprint: 'else' }))).toEqual({ outcome: 'mismatch' })
      })

      it('frees a claim that was released, by its holder only, and never one that is done', async () => {
        const request = claimOf({})
        await state.claims.claim(request)
        await state.claims.release(request.key, unique('other'))
        expect(await state.claims.claim(claimOf({ key: request.key }))).toEqual({ outcome: 'held' })
        await state.claims.release(request.key, request.holder)
        const second = claimOf({ key: request.key, fingerprint: 'else' })
        expect(await state.claims.claim(second)).toEqual({ outcome: 'claimed' })
        await state.claims.complete(second.key, second.holder, null, at(1))
        await state.claims.release(second.key, second.holder)
        expect(await state.claims.claim(claimOf({ key: request.key, fingerprint: 'else' }))).toEqual({
          outcome: 'done',
          reply: null,
          at: at(1),
        })
      })

      it('passes to another when the lease ran out; the first can then not complete', async () => {
        const first = claimOf({})
        await state.claims.claim(first)
        const late = claimOf({ key: first.key, fingerprint: 'else', at: at(MINUTE - 1) })
        expect(await state.claims.claim(late)).toEqual({ outcome: 'mismatch' })
        expect(await state.claims.claim({ ...late, at: at(MINUTE), leaseUntil: at(2 * MINUTE) })).toEqual({
          outcome: 'claimed',
        })
        expect(await state.claims.complete(first.key, first.holder, 'x', at(MINUTE))).toBe(false)
        await state.claims.release(first.key, first.holder)
        expect(await state.claims.complete(late.key, late.holder, 'y', at(MINUTE))).toBe(true)
      })

      it('is free again when it has expired, done or not, and in the sweep', async () => {
        const request = claimOf({})
        await state.claims.claim(request)
        await state.claims.complete(request.key, request.holder, 'x', at(1))
        await state.claims.sweep(at(24 * HOUR - 1))
        expect(await state.claims.doneAt(request.key)).toEqual(at(1))
        expect(await state.claims.claim(claimOf({ key: request.key, at: at(24 * HOUR) }))).toEqual({
          outcome: 'claimed',
        })
        await state.claims.sweep(at(24 * HOUR))
        expect(await state.claims.claim(claimOf({ key: request.key }))).toEqual({ outcome: 'claimed' })
      })

      it('completes with the unit and is rolled back with it; the claim itself stays', async () => {
        const request = claimOf({})
        await state.claims.claim(request)
        await expect(
          state.transaction(async () => {
            expect(await state.claims.complete(request.key, request.holder, 'x', at(1))).toBe(true)
            throw new Error('no')
          }),
        ).rejects.toThrow('no')
        expect(await state.claims.claim(claimOf({ key: request.key }))).toEqual({ outcome: 'held' })
        await expect(
          state.transaction(async () => {
            expect((await state.claims.claim(claimOf({ key: `${request.key}-2` }))).outcome).toBe('claimed')
            throw new Error('no')
          }),
        ).rejects.toThrow('no')
        expect((await state.claims.claim(claimOf({ key: `${request.key}-2` }))).outcome).toBe('held')
      })
    })

    describe('quotas', () => {
      it('reserves exactly the limit of 3 for 50 at once, and again what is released', async () => {
        const key = unique('quota')
        const answers = await Promise.all(Array.from({ length: 50 }, () => state.quotas.reserve(key, 3, 86_400, at(0))))
        const ids = answers.filter((id) => id !== null)
        expect(new Set(ids).size).toBe(3)
        await state.quotas.release(ids[0] as string)
        expect(await state.quotas.reserve(key, 3, 86_400, at(1))).not.toBeNull()
        expect(await state.quotas.reserve(key, 3, 86_400, at(1))).toBeNull()
        await state.quotas.release(unique('none'))
      })

      it('slides: a reservation leaves the window to the millisecond', async () => {
        const key = unique('quota')
        await state.quotas.reserve(key, 1, 60, at(0))
        expect(await state.quotas.reserve(key, 1, 60, at(MINUTE - 1))).toBeNull()
        expect(await state.quotas.reserve(key, 1, 60, at(MINUTE))).not.toBeNull()
        expect(await state.quotas.reserve(key, 1, 60, at(-HOUR))).toBeNull()
        await state.quotas.sweep(at(2 * MINUTE - 1))
        expect(await state.quotas.reserve(key, 1, 60, at(2 * MINUTE - 1))).toBeNull()
      })

      it('gives a reservation back when its unit is rolled back', async () => {
        const key = unique('quota')
        const attempt = state.transaction(async () => {
          expect(await state.quotas.reserve(key, 1, 60, at(0))).not.toBeNull()
          throw new Error('no')
        })
        await expect(attempt).rejects.toThrow('no')
        expect(await state.quotas.reserve(key, 1, 60, at(0))).not.toBeNull()
      })
    })

    describe('data keys', () => {
      it('keeps the first writer of 20', async () => {
        const subject = unique('subject')
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, n) => state.dataKeys.insertIfAbsent({ subject, kid: 'k1', wrapped: `w${n}` })),
        )
        expect(new Set(answers.map((answer) => answer?.wrapped)).size).toBe(1)
        expect(await state.dataKeys.load([subject, unique('none')])).toEqual([answers[0]])
        expect(await state.dataKeys.load([])).toEqual([])
      })

      it('replaces only under the expected key id', async () => {
        const subject = unique('subject')
        await state.dataKeys.insertIfAbsent({ subject, kid: 'k1', wrapped: 'w1' })
        expect(await state.dataKeys.replace({ subject, kid: 'k2', wrapped: 'w2' }, 'k0')).toBe(false)
        expect(await state.dataKeys.replace({ subject, kid: 'k2', wrapped: 'w2' }, 'k1')).toBe(true)
        expect(await state.dataKeys.load([subject])).toEqual([{ subject, kid: 'k2', wrapped: 'w2' }])
        expect(await state.dataKeys.replace({ subject: unique('none'), kid: 'k2', wrapped: 'w2' }, 'k1')).toBe(false)
      })

      it('never gives a destroyed subject a new key', async () => {
        for (const known of [true, false]) {
          const subject = unique('subject')
          if (known) await state.dataKeys.insertIfAbsent({ subject, kid: '', wrapped: 'w1' })
          await state.dataKeys.destroy(subject)
          await state.dataKeys.destroy(subject)
          expect(await state.dataKeys.load([subject])).toEqual([])
          expect(await state.dataKeys.insertIfAbsent({ subject, kid: 'k1', wrapped: 'w2' })).toBeNull()
          expect(await state.dataKeys.replace({ subject, kid: 'k2', wrapped: 'w2' }, '')).toBe(false)
          expect((await state.dataKeys.list(null, 1000)).some((key) => key.subject === subject)).toBe(false)
        }
      })

      it('lists in pages by subject', async () => {
        const prefix = unique('~page')
        for (const letter of ['c', 'A', 'b'])
          await state.dataKeys.insertIfAbsent({ subject: `${prefix}${letter}`, kid: 'k', wrapped: letter })
        const first = await state.dataKeys.list(prefix, 2)
        const rest = await state.dataKeys.list(first[1]?.subject as string, 2)
        expect([...first, ...rest].map((key) => key.wrapped)).toEqual(['A', 'b', 'c'])
      })
    })

    describe('audit records', () => {
      const recordOf = (node: string, seq: number) => ({
        node,
        seq,
        previous: `p${seq}`,
        hash: `h${seq}`,
        body: `{"n":${seq}}`,
      })

      it('appends, reads in pages, knows the head and the nodes', async () => {
        const [node, other] = [unique('node'), unique('node')]
        expect(await state.audit.head(node)).toBeNull()
        await state.audit.append([])
        await state.audit.append([1, 2, 3].map((seq) => recordOf(node, seq)))
        await state.audit.append([recordOf(other, 1), recordOf(node, 4)])
        expect(await state.audit.head(node)).toEqual({ seq: 4, hash: 'h4' })
        expect(await state.audit.read(node, 1, 2)).toEqual([recordOf(node, 2), recordOf(node, 3)])
        expect(await state.audit.read(node, 4, 2)).toEqual([])
        expect(await state.audit.nodes()).toEqual(expect.arrayContaining([node, other]))
      })

      it('appends more than one statement takes', async () => {
        const node = unique('node')
        await state.audit.append(Array.from({ length: 2500 }, (_, n) => recordOf(node, n + 1)))
        expect(await state.audit.head(node)).toEqual({ seq: 2500, hash: 'h2500' })
        expect((await state.audit.read(node, 999, 3)).map((record) => record.seq)).toEqual([1000, 1001, 1002])
      })

      it('takes an empty list for a write: the unit holds its transaction afterwards', async () => {
        await state.audit.append([])
        await state.transaction(async () => {
          await state.audit.append([])
          expect(state.inOpenTransaction()).toBe(true)
          await state.audit.append([recordOf(unique('node'), 1)])
        })
        const [first, second] = [unique('node'), unique('node')]
        await Promise.all(
          [first, second].map((node) =>
            state.transaction(async () => {
              await state.audit.append([])
              const head = await state.audit.head(node)
              await state.audit.append([recordOf(node, (head?.seq ?? 0) + 1)])
            }),
          ),
        )
        expect([await state.audit.head(first), await state.audit.head(second)]).toEqual([
          { seq: 1, hash: 'h1' },
          { seq: 1, hash: 'h1' },
        ])
      })

      it('refuses a taken number, and keeps nothing of that call', async () => {
        const node = unique('node')
        await state.audit.append([recordOf(node, 1)])
        await expect(state.audit.append([recordOf(node, 2), recordOf(node, 1)])).rejects.toThrow(StoreError)
        await expect(state.audit.append([recordOf(node, 2), recordOf(node, 2)])).rejects.toThrow(StoreError)
        expect(await state.audit.head(node)).toEqual({ seq: 1, hash: 'h1' })
      })

      it('joins the unit', async () => {
        const node = unique('node')
        const unit = state.transaction(async () => {
          await state.audit.append([recordOf(node, 1)])
          throw new Error('no')
        })
        await expect(unit).rejects.toThrow('no')
        expect(await state.audit.head(node)).toBeNull()
        await state.audit.append([recordOf(node, 1)])
        expect(await state.audit.read(node, 0, 10)).toHaveLength(1)
      })
    })

    describe('units of work', () => {
      it('keep everything, or nothing', async () => {
        const user = userOf({})
        const { session, token } = sessionOf({ userId: user.id })
        const write = async () => {
          await state.users.insert(user)
          await state.sessions.insert(session, token)
          await state.users.update(user.id, { roles: ['changed'] })
        }
        await expect(
          state.transaction(async () => {
            await write()
            expect((await state.users.byIds([user.id]))[0]?.roles).toEqual(['changed'])
            throw new Error('no')
          }),
        ).rejects.toThrow('no')
        expect(await state.users.byIds([user.id])).toEqual([])
        expect(await state.sessions.byId(session.id)).toBeNull()
        expect(await state.transaction(async () => write().then(() => 'kept'))).toBe('kept')
        expect((await state.users.byIds([user.id]))[0]?.roles).toEqual(['changed'])
        expect(await state.sessions.byRefreshHash(token.hash)).not.toBeNull()
      })

      it('join the outer one when nested; an inner one that rejects takes the outer with it', async () => {
        const users = [userOf({}), userOf({}), userOf({})]
        await state.transaction(async () => {
          await state.users.insert(users[0] as UserRecord)
          await state.transaction(() => state.users.insert(users[1] as UserRecord))
        })
        expect(await state.users.byIds(users.map((user) => user.id))).toHaveLength(2)
        const caught = state.transaction(async () => {
          await state.users.insert(users[2] as UserRecord)
          await state.transaction(() => Promise.reject(new Error('inner'))).catch(() => {})
        })
        await expect(caught).rejects.toThrow(StoreError)
        expect(await state.users.byIds([(users[2] as UserRecord).id])).toEqual([])
      })

      it('fail as a whole when a statement failed, even if somebody caught it', async () => {
        const [user, key] = [userOf({}), keyOf({})]
        await state.apiKeys.insert(key)
        const unit = state.transaction(async () => {
          await state.users.insert(user)
          await state.apiKeys.insert(key).catch(() => {})
        })
        await expect(unit).rejects.toThrow(StoreError)
        expect(await state.users.byIds([user.id])).toEqual([])
      })

      it('call hooks once, with the outcome; outside there are none', async () => {
        const seen: unknown[] = []
        await state.transaction(async () => state.onSettled((committed) => seen.push(['empty', committed])))
        await state.transaction(async () => {
          state.onSettled((committed) => seen.push(['written', committed]))
          await state.users.insert(userOf({}))
          await state.transaction(async () => state.onSettled((committed) => seen.push(['nested', committed])))
          expect(seen).toHaveLength(1)
        })
        await state
          .transaction(async () => {
            state.onSettled((committed) => seen.push(['lost', committed]))
            throw new Error('no')
          })
          .catch(() => {})
        expect(seen).toEqual([
          ['empty', true],
          ['written', true],
          ['nested', true],
          ['lost', false],
        ])
        expect(() => state.onSettled(() => {})).toThrow(TypeError)
      })

      it('begin at the first write', async () => {
        expect(state.inOpenTransaction()).toBe(false)
        await state.transaction(async () => {
          expect(state.inOpenTransaction()).toBe(false)
          await state.users.byIds([unique('none')])
          expect(state.inOpenTransaction()).toBe(false)
          await state.users.insert(userOf({}))
          expect(state.inOpenTransaction()).toBe(true)
        })
        expect(state.inOpenTransaction()).toBe(false)
      })

      it('hold nobody up before their first write', async () => {
        const user = userOf({})
        await state.transaction(async () => {
          await state.users.byIds([user.id])
          await new Promise<void>((resolve, reject) => {
            state.detached(() => state.users.insert(user)).then(() => resolve(), reject)
          })
        })
        expect(await state.users.byIds([user.id])).toHaveLength(1)
      })

      it('refuse a statement that comes after the end, and keep it out of the next unit', async () => {
        const [leaked, other] = [userOf({}), userOf({})]
        const { promise: ended, open: resolve } = gate()
        let late: Promise<unknown> = Promise.resolve()
        await state
          .transaction(async () => {
            await state.users.insert(userOf({}))
            late = ended.then(() => state.users.insert(leaked))
            late.catch(() => {})
            throw new Error('deadline')
          })
          .catch(() => {})
        await state.transaction(async () => {
          await state.users.insert(other)
          resolve()
          await expect(late).rejects.toThrow(StoreError)
        })
        expect((await state.users.byIds([leaked.id, other.id])).map((user) => user.id)).toEqual([other.id])
      })

      it('include a statement that was started and not awaited', async () => {
        const key = keyOf({})
        await state.transaction(async () => {
          await state.users.insert(userOf({}))
          void state.apiKeys.touch(key.id, at(0))
          void state.apiKeys.insert(key)
        })
        expect(await state.apiKeys.byId(key.id)).toEqual(key)
        await state.transaction(async () => {
          void state.apiKeys.revoke(key.id, at(0))
          void state.revocations.raiseEpoch(key.ownerKey, at(0))
        })
        expect(await standing(key.ownerKey, null, key.id)).toMatchObject({ revoked: true, epoch: 1 })
      })

      it('run beside each other: 30 units, half of them rolled back', async () => {
        const users = Array.from({ length: 30 }, () => userOf({}))
        const outcomes = await Promise.allSettled(
          users.map((user, n) =>
            state.transaction(async () => {
              await state.users.insert(user)
              await nextTurn()
              await state.users.update(user.id, { roles: [`r${n}`] })
              if (n % 2 === 1) throw new Error('no')
            }),
          ),
        )
        expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(15)
        const kept = await state.users.byIds(users.map((user) => user.id))
        expect(kept.map((user) => user.id).sort()).toEqual(
          users
            .filter((_, n) => n % 2 === 0)
            .map((user) => user.id)
            .sort(),
        )
      })

      it('let nobody see what may still be undone', async () => {
        const user = userOf({})
        const { promise: written, open: resolve } = gate()
        const unit = state.transaction(async () => {
          await state.users.insert(user)
          resolve()
          await nextTurn()
          throw new Error('no')
        })
        const outcome = unit.catch((error: Error) => error.message)
        await written
        expect(await state.users.byIds([user.id])).toEqual([])
        expect(await outcome).toBe('no')
      })

      it('refuse what must commit on its own once they have written', async () => {
        const unit = (work: () => Promise<unknown>) =>
          state.transaction(async () => {
            await state.users.insert(userOf({}))
            await work()
          })
        await expect(unit(() => state.claims.claim(claimOf({})))).rejects.toThrow(TypeError)
        await expect(unit(() => state.detached(async () => {}))).rejects.toThrow(TypeError)
        await expect(
          unit(async () => state.admission.admit([], { principalKey: unique('p'), sessionId: null, tokenId: null })),
        ).resolves.toBeUndefined()
      })

      it('write apart from the unit with detached()', async () => {
        const user = userOf({})
        const unit = state.transaction(async () => {
          await state.detached(() => state.users.insert(user))
          throw new Error('no')
        })
        await expect(unit).rejects.toThrow('no')
        expect(await state.users.byIds([user.id])).toHaveLength(1)
      })
    })

    it('answers a ping', () => expect(state.ping()).resolves.toBeUndefined())
  })
}

export function userOf(given: Partial<UserRecord>): UserRecord {
  return {
    id: unique('user'),
    tenantId: 'tenant',
    emailIndex: unique('email'),
    emailIndexPrevious: null,
    emailSealed: 'sealed',
    profile: { name: 'Ann' },
    roles: ['user'],
    passwordHash: 'hash',
    disabled: false,
    createdAt: at(0),
    ...given,
  }
}

export function sessionOf(given: Partial<SessionRecord>): { session: SessionRecord; token: RefreshRecord } {
  const session = {
    id: unique('session'),
    userId: unique('user'),
    createdAt: at(0),
    lastUsedAt: at(0),
    expiresAt: at(90 * 24 * HOUR),
    endedAt: null,
    authenticatedAt: at(0),
    factors: 1,
    device: 'a browser',
    addressPrefix: '192.0.2.0/24',
    ...given,
  }
  return { session, token: tokenOf(session.id) }
}

function tokenOf(sessionId: string): RefreshRecord {
  return {
    hash: unique('hash'),
    sessionId,
    issuedAt: at(0),
    idleExpiresAt: at(30 * 24 * HOUR),
    rotatedAt: null,
    successorHash: null,
    successorSealed: null,
  }
}

export function keyOf(given: Partial<ApiKeyRecord>): ApiKeyRecord {
  const ownerId = unique('owner')
  return {
    id: unique('key'),
    ownerId,
    ownerKey: `issuer|${ownerId}`,
    tenantId: 'tenant',
    name: 'ci',
    secretHash: 'hash',
    scopes: ['invoices:read', 'a b'],
    createdAt: at(0),
    expiresAt: at(90 * 24 * HOUR),
    revokedAt: null,
    lastUsedAt: null,
    ...given,
  }
}

function claimOf(given: Partial<ClaimRequest>): ClaimRequest {
  return {
    key: unique('claim'),
    fingerprint: 'same',
    holder: unique('holder'),
    at: at(0),
    leaseUntil: at(MINUTE),
    expiresAt: at(24 * HOUR),
    ...given,
  }
}
