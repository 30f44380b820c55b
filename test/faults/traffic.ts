import { setTimeout as sleep } from 'node:timers/promises'
import { DEMO_PASSWORD } from '../support/demo-process.ts'
import { type Answer, call, type Sending } from './client.ts'

/** One signed-in person, followed through refreshes. */
export interface Session {
  readonly email: string
  readonly userId: string
  accessToken: string
  refreshToken: string
  /** The last acknowledged refresh: what was given for what, and when it was asked for. */
  replaced: { readonly by: string; readonly token: string; readonly at: number } | null
  /** Asked for and not answered: whether it happened only the server knows. */
  unanswered: { readonly token: string; readonly at: number } | null
}

export interface Payment {
  readonly key: string
  /** The reply to the byte; null while it was never acknowledged. */
  reply: string | null
}

/** What the server has acknowledged, as its clients noted it. */
export class Ledger {
  readonly invoices = new Map<string, { readonly session: Session; readonly title: string }>()
  readonly triedTitles = new Set<string>()
  readonly payments = new Map<string, Payment>()
  readonly shared: { readonly invoice: string; readonly viewer: Session }[] = []
  readonly loggedOut: string[] = []
  /** Request ids of every acknowledged change. */
  readonly changes = new Set<string>()
  /** Answers that nobody should get. */
  readonly surprises: string[] = []

  /** Notes an answer; false for one that tells the client to come back. */
  took(line: string, answer: Answer, expected: number): boolean {
    if (answer.status === expected) {
      this.changes.add(answer.requestId)
      return true
    }
    if (![429, 503].includes(answer.status)) this.surprises.push(`${line}: ${answer.status} ${answer.text}`)
    return false
  }
}

export async function logIn(url: string, email: string): Promise<Session> {
  const answer = await call(url, 'POST /api/v1/auth/login', { body: { email, password: DEMO_PASSWORD } })
  if (answer.status !== 200) throw new Error(`login of ${email}: ${answer.status} ${answer.text}`)
  const { accessToken, refreshToken } = answer.json
  const me = await call(url, 'GET /api/v1/me', { token: accessToken })
  return { email, userId: me.json.id, accessToken, refreshToken, replaced: null, unanswered: null }
}

/** @throws When no answer came; the session then remembers what it had asked for. */
export async function refresh(url: string, session: Session): Promise<Answer> {
  const presented = { token: session.refreshToken, at: Date.now() }
  session.unanswered = presented
  const answer = await call(url, 'POST /api/v1/auth/refresh', { body: { refreshToken: presented.token } })
  session.unanswered = null
  if (answer.status === 200) {
    session.accessToken = answer.json.accessToken
    session.refreshToken = answer.json.refreshToken
    session.replaced = { ...presented, by: answer.json.refreshToken }
  }
  return answer
}

interface People {
  readonly alice: Session
  readonly bob: Session
  readonly carol: Session
}

/** Writes of every kind, until the server is dead. Nothing that got no whole answer is noted as acknowledged. */
export async function traffic(
  url: string,
  round: number,
  people: People,
  leaving: Session,
  ledger: Ledger,
  dead: AbortSignal,
) {
  const { alice, bob, carol } = people
  const untilDeath = (act: () => Promise<boolean>) => repeat(act, dead)
  await Promise.all([
    untilDeath(() => createInvoice(url, `round ${round}`, alice, ledger)),
    untilDeath(() => createInvoice(url, `round ${round}`, carol, ledger)),
    untilDeath(() => payNext(url, alice, ledger)),
    untilDeath(() => payNext(url, carol, ledger)),
    untilDeath(() => shareNext(url, alice, bob, ledger)),
    untilDeath(() => keepFresh(url, alice, ledger)),
    untilDeath(() => keepFresh(url, bob, ledger)),
    untilDeath(() => logOut(url, leaving, ledger)),
  ])
}

/** Repeats `act` until a connection breaks or nobody is there. It answers false when it has nothing to do for a while. */
async function repeat(act: () => Promise<boolean>, dead: AbortSignal): Promise<void> {
  while (!dead.aborted) {
    try {
      if (!(await act())) await sleep(100)
    } catch (error) {
      // What fetch throws when a connection breaks; all else is a fault of the test.
      if (error instanceof TypeError) return
      throw error
    }
  }
}

async function change(url: string, line: `${string} /${string}`, expected: number, sending: Sending, ledger: Ledger) {
  const answer = await call(url, line, sending)
  return ledger.took(line, answer, expected) ? answer : null
}

async function createInvoice(url: string, label: string, session: Session, ledger: Ledger): Promise<boolean> {
  const title = `${label}, ${ledger.triedTitles.size}`
  ledger.triedTitles.add(title)
  const sending = { token: session.accessToken, body: { title, total: 1000, cardNumber: '4111111111111111' } }
  const answer = await change(url, 'POST /api/v1/invoices', 201, sending, ledger)
  if (answer) ledger.invoices.set(answer.json.id, { session, title })
  return answer !== null
}

async function payNext(url: string, session: Session, ledger: Ledger): Promise<boolean> {
  const [id] =
    [...ledger.invoices].find(([invoice, made]) => made.session === session && !ledger.payments.has(invoice)) ?? []
  if (id === undefined) return false
  const payment: Payment = { key: `payment-of-${id}`, reply: null }
  ledger.payments.set(id, payment)
  const sending = { token: session.accessToken, idempotencyKey: payment.key }
  const answer = await change(url, `POST /api/v1/invoices/${id}/pay`, 201, sending, ledger)
  if (answer) payment.reply = answer.text
  else ledger.payments.delete(id)
  return answer !== null
}

async function shareNext(url: string, owner: Session, viewer: Session, ledger: Ledger): Promise<boolean> {
  const done = new Set(ledger.shared.map(({ invoice }) => invoice))
  const [id] = [...ledger.invoices].find(([invoice, made]) => made.session === owner && !done.has(invoice)) ?? []
  if (id === undefined) return false
  const sending = { token: owner.accessToken, body: { user: viewer.userId } }
  const answer = await change(url, `POST /api/v1/invoices/${id}/viewers`, 204, sending, ledger)
  if (answer) ledger.shared.push({ invoice: id, viewer })
  return answer !== null
}

async function keepFresh(url: string, session: Session, ledger: Ledger): Promise<boolean> {
  ledger.took('POST /api/v1/auth/refresh', await refresh(url, session), 200)
  return false
}

async function logOut(url: string, session: Session, ledger: Ledger): Promise<boolean> {
  if (ledger.loggedOut.includes(session.accessToken)) return false
  await sleep(Math.random() * 400)
  const line = 'POST /api/v1/auth/logout'
  const answer = await change(url, line, 204, { token: session.accessToken }, ledger)
  if (answer) ledger.loggedOut.push(session.accessToken)
  return answer !== null
}
