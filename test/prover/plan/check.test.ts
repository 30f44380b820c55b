import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { noCredential } from '../../../src/prover/attacks/api2/no-credential.ts'
import type { Exchange } from '../../../src/prover/engine/exchange.ts'
import type { ProveTarget } from '../../../src/prover/engine/target.ts'
import { checkPlan, formatCheck, type PlanCheck } from '../../../src/prover/plan/check.ts'
import { describePlan, formatPlan } from '../../../src/prover/plan/describe-plan.ts'
import { identityOfToken } from '../../../src/prover/plan/identity-of-token.ts'
import { BEARER, type IdentityPlan, type Plan } from '../../../src/prover/plan/plan.ts'
import { NO_HINTS, type PlanConfig } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { openRun } from '../../../src/prover/prove.ts'
import { ACCOUNTS, type Account, type Running, signToken, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

const [ALICE, BOB] = PEOPLE as readonly [IdentityPlan, IdentityPlan]

function withPassword(person: IdentityPlan, password: string): IdentityPlan {
  const { source } = person
  if (source.kind !== 'login') throw new TypeError('it does not sign in')
  const body = { ...(source.login.body as object), password }
  return { ...person, source: { ...source, login: { ...source.login, body } } }
}

const extra = {
  '/admin/stats': { get: { responses: { '200': { description: 'ok' } } } },
  '/reports/{reportId}': { get: { responses: { '200': { description: 'ok' } } } },
  '/old': { get: { responses: { '200': { description: 'ok' } } } },
}

const planFor = (identities: readonly IdentityPlan[], config: Partial<PlanConfig> = {}): Plan =>
  planOf(readDocument(notesDocument({ paths: extra })), { ...NO_HINTS, ...config, identities })

let server: Running
const exchanges: Exchange[] = []

beforeAll(async () => {
  server = await startNotes({
    routes: (app) => app.get('/old', (_request, response) => void response.status(410).json({ error: 'gone' })),
  })
})
afterAll(() => server.close())

async function check(plan: Plan, allowWrites = false): Promise<PlanCheck> {
  exchanges.length = 0
  const target: ProveTarget = {
    base: new URL(server.url),
    origins: [],
    now: () => Date.now(),
    wait: async () => {},
    timeIsOurs: false,
  }
  const open = openRun(plan, target, {
    limits: { rate: 5000, maxRequests: 200, timeoutMilliseconds: 2000, maxWaitSeconds: 1, allowWrites, scope: [] },
    concurrency: 2,
    safe: true,
    seed: 1,
    callback: null,
    onExchange: (exchange) => void exchanges.push(exchange),
  } as Parameters<typeof openRun>[2])
  try {
    return await checkPlan(plan, open.run)
  } finally {
    await open.close()
  }
}

const state = ({ operations }: PlanCheck, id: string) => operations.find((each) => each.id === id)

describe('a check', () => {
  it('tells who works and why others do not, without their tokens', async () => {
    const expired = signToken(ACCOUNTS[0] as Account, { expiresIn: -3600 })
    const foreign = `${signToken(ACCOUNTS[1] as Account).slice(0, -6)}AAAAAA`
    const found = await check(
      planFor([
        ALICE,
        withPassword(BOB, 'wrong-password'),
        identityOfToken('carol', expired, BEARER),
        identityOfToken('dave', foreign, BEARER),
      ]),
    )
    expect(found.identities.map(({ name, works }) => [name, works])).toEqual([
      ['alice', 'yes'],
      ['bob', 'no'],
      ['carol', 'no'],
      ['dave', 'no'],
    ])
    const [, bob, carol, dave] = found.identities
    expect(bob?.why).toContain('the login answered 401')
    expect(carol).toMatchObject({
      why: expect.stringMatching(/^its token expired at 20/),
      next: expect.stringContaining('give carol a new token'),
    })
    expect(dave?.why).toMatch(
      /^GET \/me answers 401 to eyJh… \(\d+ characters\) in header Authorization after "Bearer": .*sign in/,
    )
    const shown = formatCheck(found)
    for (const secret of [expired, foreign, 'wrong-password']) expect(shown).not.toContain(secret)
  })

  it('counts what is reached, and says the next line for what is not', async () => {
    const found = await check(planFor([ALICE]))
    expect(state(found, 'GET /notes')).toMatchObject({ state: 'reached', as: 'alice' })
    expect(state(found, 'POST /notes')).toMatchObject({ state: 'would-be-tried' })
    expect(state(found, 'GET /notes/{noteId}')).toMatchObject({
      state: 'would-be-tried',
      why: 'its object is made first, by POST /notes',
    })
    expect(state(found, 'GET /reports/{reportId}')).toMatchObject({
      state: 'not-reached',
      why: expect.stringContaining('no report of alice is known'),
      next: 'resources: { report: { ids: { alice: [ … ] } } }',
    })
    expect(state(found, 'GET /admin/stats')).toMatchObject({
      state: 'not-reached',
      next: 'add identities: { admin: { … } }',
    })
    expect(state(found, 'GET /old')).toMatchObject({
      state: 'not-reached',
      why: expect.stringContaining('answers 410'),
    })
    expect(found).toMatchObject({ reached: 2, reading: 5, writing: 5 })
    expect(formatCheck(found)).toContain(
      '2 of 5 reading operations reached; 5 would be tried that write or need what is made first',
    )
  })

  it('sends nothing that writes but the sign-in, also where writes are allowed', async () => {
    const { notes } = server.notes
    await check(planFor([ALICE, BOB]), true)
    expect(notes.size).toBe(0)
    expect(exchanges.filter(({ request }) => request.method !== 'GET').map(({ purpose }) => purpose)).toEqual([
      'sign-in of alice',
      'sign-in of bob',
    ])
  })

  it('reaches an object that is given', async () => {
    server.notes.notes.set('11111111-1111-4111-8111-111111111111', {
      id: '11111111-1111-4111-8111-111111111111',
      ownerId: 'u-alice',
      title: 'here',
      text: '',
    })
    const found = await check(
      planFor([ALICE], { resources: { note: { ids: { alice: ['11111111-1111-4111-8111-111111111111'] } } } }),
    )
    expect(state(found, 'GET /notes/{noteId}')).toMatchObject({ state: 'reached' })
    server.notes.notes.clear()
  })
})

describe('a description', () => {
  it('counts cases by risk, and says what cannot be tried and why', () => {
    const alone = describePlan(planFor([ALICE]), [objectRead, noCredential])
    expect(alone.risks[0]).toMatchObject({ risk: 'API1', attacks: 0, cases: 0, requests: 0 })
    expect(alone.risks[0]?.untested[0]).toMatchObject({
      attacks: ['object-read'],
      why: expect.stringContaining('--as bob='),
    })
    expect(formatPlan(alone)).toMatch(/API1 not tested\n {2}not tested: needs another identity; add --as bob=/)
    const both = describePlan(planFor(PEOPLE), [objectRead, noCredential])
    expect(both.risks.map(({ risk, attacks }) => [risk, attacks])).toEqual([
      ['API1', 1],
      ['API2', 1],
    ])
    expect(both.risks[0]?.cases).toBeGreaterThan(1)
    expect(formatPlan(both)).toMatch(/API1 1 attack, \d+ cases, \d+ requests at most/)
  })
})
