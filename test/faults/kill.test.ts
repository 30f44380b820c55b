import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Tables } from '../../examples/billing/sql-billing.ts'
import { runAuditVerify } from '../../src/cli/audit-verify.ts'
import { type Embedded, embedded } from '../../src/stores/embedded.ts'
import { capturePrinted } from '../cli/printed.ts'
import { type RunningDemo, startDemoProcess } from '../support/demo-process.ts'
import { call } from './client.ts'
import { Ledger, logIn, refresh, type Session, traffic } from './traffic.ts'

const KILLS = 3
/** Of the demo. Clocks of two processes on one machine agree; the margin is the way of a request. */
const REFRESH_WINDOW_MS = 10_000 - 1_000
/** Replayed at each start, so that the limit of ten payments a minute holds. */
const REPLAYED_PAYMENTS = 4

let data: string
let demo: RunningDemo | null = null
const ledger = new Ledger()
let alice: Session
let bob: Session
let carol: Session

beforeAll(() => {
  data = join(mkdtempSync(join(tmpdir(), 'turnpike-kill-')), 'data')
})
afterEach(() => {
  vi.restoreAllMocks()
})
afterAll(() => {
  demo?.signal('SIGKILL')
  rmSync(join(data, '..'), { recursive: true, force: true })
})

/** Whether something of each kind was acknowledged. */
const everyKind = (): boolean =>
  ledger.loggedOut.length > 0 &&
  ledger.shared.length > 0 &&
  [...ledger.payments.values()].some(({ reply }) => reply !== null)

/** Writes in flight, SIGKILL at a random moment, and the end of every client. */
async function killUnderWay(running: RunningDemo, round: number): Promise<void> {
  const leaving = await logIn(running.url, 'carol@example.com')
  const death = new AbortController()
  const clients = traffic(running.url, round, { alice, bob, carol }, leaving, ledger, death.signal)
  const before = ledger.changes.size
  while (ledger.changes.size < before + 10 || !everyKind()) await sleep(20)
  await sleep(Math.random() * 900)
  running.signal('SIGKILL')
  expect(await running.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
  death.abort()
  await clients
  expect(ledger.surprises).toEqual([])
}

/** What a client that was there before finds after the start. */
async function checkOverHttp({ url }: RunningDemo): Promise<void> {
  await checkRefresh(url, alice)
  await checkRefresh(url, bob)
  for (const token of ledger.loggedOut) {
    expect(await call(url, 'GET /api/v1/me', { token })).toMatchObject({ status: 401, json: { code: 'invalid_token' } })
  }
  for (const [id, { session, title }] of newest(ledger.invoices, 10)) {
    const answer = await call(url, `GET /api/v1/invoices/${id}`, { token: session.accessToken })
    expect(answer).toMatchObject({ status: 200, json: { id, title, cardNumber: '4111111111111111' } })
  }
  for (const { invoice, viewer } of ledger.shared.slice(-10)) {
    const answer = await call(url, `GET /api/v1/invoices/${invoice}`, { token: viewer.accessToken })
    expect(answer).toMatchObject({ status: 200, json: { cardNumber: '**** **** **** 1111' } })
  }
  for (const [id, payment] of newest(ledger.payments, REPLAYED_PAYMENTS)) {
    const token = ledger.invoices.get(id)?.session.accessToken ?? ''
    const answer = await call(url, `POST /api/v1/invoices/${id}/pay`, { token, idempotencyKey: payment.key })
    if (payment.reply !== null) expect(answer).toMatchObject({ status: 201, text: payment.reply })
    else if (answer.status === 201) {
      ledger.changes.add(answer.requestId)
      payment.reply = answer.text
    }
    // Of the one that died with the server nobody knows how far it got: it may run again once its lease has ended.
    else expect(answer).toMatchObject({ status: 409, json: { code: 'idempotency_in_flight' } })
  }
}

const newest = <V>(map: ReadonlyMap<string, V>, count: number) => [...map].slice(-count)

/** Inside the window the old token gives the same successor; the successor works onward. */
async function checkRefresh(url: string, session: Session): Promise<void> {
  const asked = session.unanswered ?? session.replaced
  if (asked && Date.now() - asked.at < REFRESH_WINDOW_MS) {
    const again = await call(url, 'POST /api/v1/auth/refresh', { body: { refreshToken: asked.token } })
    expect(again.status).toBe(200)
    if (!session.unanswered) expect(again.json.refreshToken).toBe(session.refreshToken)
    else session.refreshToken = again.json.refreshToken
  } else if (session.unanswered) {
    // Too late to ask again for what may have happened: sign in anew.
    Object.assign(session, await logIn(url, session.email))
    return
  }
  const onward = await refresh(url, session)
  expect(onward.status).toBe(200)
  ledger.changes.add(onward.requestId)
}

async function auditVerify(): Promise<{ readonly code: number; readonly out: string }> {
  const printed = capturePrinted()
  const code = await runAuditVerify({ data })
  vi.restoreAllMocks()
  return { code, out: `${printed.out}${printed.err}` }
}

const whole = { code: 0, out: expect.stringMatching(/^Whole: \d+ records on 1 node, none changed/m) }

describe('kill -9 under way, and a start on the same folder', { timeout: 240_000 }, () => {
  it(`${KILLS} times: nothing that was acknowledged is lost`, async () => {
    for (let round = 1; round <= KILLS; round++) {
      demo = await startDemoProcess(data)
      if (round === 1) {
        alice = await logIn(demo.url, 'alice@example.com')
        bob = await logIn(demo.url, 'bob@example.com')
        carol = await logIn(demo.url, 'carol@example.com')
      } else {
        expect(demo.printed().stdout).toContain('The people were made before')
        await checkOverHttp(demo)
      }
      await killUnderWay(demo, round)
    }
    expect(ledger.invoices.size).toBeGreaterThan(KILLS)
  })

  it('the audit log of the killed server is whole, and names every acknowledged change', async () => {
    expect(await auditVerify()).toEqual(whole)
    const state = await embedded(data)
    const named = await auditedRequests(state)
    await state.close()
    expect([...ledger.changes].filter((id) => !named.has(id))).toEqual([])
  })

  it('the last start finds everything, and a stop by SIGTERM leaves a whole log', async () => {
    demo = await startDemoProcess(data)
    await checkOverHttp(demo)
    demo.signal('SIGTERM')
    expect(await demo.ended).toMatchObject({ code: 0 })
    expect(await auditVerify()).toEqual(whole)
  })

  it('there is no half of an invoice or a payment, acknowledged or not', async () => {
    const state = await embedded(data)
    const db = state.database.dangerouslyWithoutRowSecurity<Tables>()
    const invoices = await db.selectFrom('invoices').select(['id', 'title', 'status', 'card_number']).execute()
    const payments = await db.selectFrom('payments').select(['id', 'invoice_id']).execute()
    await state.close()
    const seeded = ['Hosting', 'Support', 'Licences']
    for (const { title, card_number } of invoices) {
      expect(seeded.includes(title) || ledger.triedTitles.has(title), title).toBe(true)
      expect(card_number).toMatch(/./)
    }
    const stored = new Map(invoices.map(({ id, title }) => [id, title]))
    for (const [id, { title }] of ledger.invoices) expect(stored.get(id)).toBe(title)
    const paid = invoices.filter(({ status }) => status === 'paid').map(({ id }) => id)
    expect(payments.map(({ invoice_id }) => invoice_id).sort()).toEqual(paid.sort())
    const made = new Map(payments.map(({ id, invoice_id }) => [invoice_id, id]))
    for (const [id, { reply }] of ledger.payments) if (reply !== null) expect(made.get(id)).toBe(JSON.parse(reply).id)
  })
})

/** Ids of the requests that some record of the log names. */
async function auditedRequests({ audit }: Embedded): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const node of await audit.nodes()) {
    for (let after = 0; ; ) {
      const records = await audit.read(node, after, 1000)
      for (const { body } of records) found.add(JSON.parse(body).requestId)
      const last = records.at(-1)
      if (!last) break
      after = last.seq
    }
  }
  return found
}
