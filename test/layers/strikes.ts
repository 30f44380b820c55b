import { createHmac, randomUUID } from 'node:crypto'
import { type Attack, broken, control, HELD, Inconclusive, succeeded, type Verdict } from '../attacks/attack.ts'
import { plantNote } from '../attacks/attacks/api1-small.ts'
import type { Target } from '../attacks/harness.ts'
import { bearer } from '../attacks/people.ts'
import { behaviour, notesTable, viewers } from '../support/small-api.ts'
import type { Called, SmallGate } from '../support/small-gate.ts'
import { INNER, type Network, type Side } from './grounds.ts'
import { charged, delivered } from './side-api.ts'

/** Attacks that the catalogue's files do not have, on the small APIs. */
type Small = Attack<SmallGate>

const ALICE = 'alice.acme'
const ADMIN = 'root.acme.admin'

const seen = (held: boolean, what: string, answer: Called): Verdict =>
  held ? HELD : { broken: `${what}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 300)}` }
function must(answer: Called): Called {
  if (answer.status < 300) return answer
  throw new Inconclusive(`the control answered ${answer.status} ${JSON.stringify(answer.body)}`)
}

// API2

export const editedToken: Attack<Target> = {
  number: 26,
  title: 'a token whose subject was changed',
  async run(target) {
    const { alice } = target.canaries
    const genuine = (await target.bob.credential()) ?? ''
    control(await target.call('GET /api/v1/invoices', { as: bearer(genuine) }))
    const [header, payload = '', signature] = genuine.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const edited = Buffer.from(JSON.stringify({ ...claims, sub: target.alice.userId })).toString('base64url')
    const answer = await target.call(`GET /api/v1/invoices/${alice.id}`, {
      as: bearer(`${header}.${edited}.${signature}`),
    })
    return answer.text.includes(alice.title) ? broken('bob became alice', answer) : HELD
  },
}

export const revokedToken: Attack<Target> = {
  number: 42,
  title: 'a token that was revoked',
  async run(target) {
    const token = target.issue(target.alice)
    control(await target.call('GET /api/v1/invoices', { as: bearer(token) }))
    const { jti, exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    await target.state.revocations.revoke('token', jti, new Date(exp * 1000))
    const answer = await target.call('GET /api/v1/invoices', { as: bearer(token) })
    return answer.status === 401 ? HELD : broken('it still counts', answer)
  },
}

export const noCredential: Attack<Target> = {
  number: 21,
  title: 'no credential at all',
  async run(target) {
    control(await target.call('GET /api/v1/invoices', { as: target.alice }))
    const answer = await target.call('GET /api/v1/invoices')
    return succeeded(answer) ? broken('nobody was answered', answer) : HELD
  },
}

// API3

export const outOfRange: Attack<Target> = {
  number: 56,
  title: 'a price below zero',
  async run(target) {
    const own = await target.invoice(target.alice)
    const answer = await target.call(`PATCH /api/v1/invoices/${own.id}`, { as: target.alice, body: { total: -4200 } })
    return (await target.stored(own.id))?.total === 4200 ? HELD : broken('it was stored', answer)
  },
}

export const fieldOfAdmins: Small = {
  number: 54,
  title: 'a field that only admins may set',
  async run({ call }) {
    const { id } = plantNote({ score: 3 })
    must(await call(`PATCH /v1/notes/${id}`, { as: ADMIN, body: { score: 4 } }))
    const answer = await call(`PATCH /v1/notes/${id}`, { as: ALICE, body: { score: 99 } })
    return seen(notesTable.get(id)?.score === 4, 'the owner set it', answer)
  },
}

export const memberOutside: Small = {
  number: 61,
  title: 'a member outside the contract, on the row',
  async run({ call }) {
    const row = plantNote()
    Object.assign(row, { internalRemark: 'canary of a remark' })
    const answer = must(await call(`GET /v1/notes/${row.id}`, { as: ALICE }))
    return seen(!JSON.stringify(answer.body).includes('canary of a remark'), 'it was shown', answer)
  },
}

export const maskedField: Small = {
  number: 64,
  title: 'a field of the owner, for a viewer',
  async run({ call }) {
    const { id, phone } = plantNote()
    viewers.set(id, new Set(['bob']))
    if (must(await call(`GET /v1/notes/${id}`, { as: ALICE })).body.phone !== phone)
      throw new Inconclusive('the owner does not see it')
    const answer = must(await call(`GET /v1/notes/${id}`, { as: 'bob.acme' }))
    return seen(!JSON.stringify(answer.body).includes(phone), 'the viewer saw it', answer)
  },
}

// API4

export const flood: Small = {
  number: 66,
  title: 'a flood from one address, on paths that are not there',
  async run({ call, clock }) {
    clock.advance(600_000)
    for (let count = 0; count < 300; count++)
      if ((await call(`GET /v1/${count}`, { peer: '192.0.2.7' })).status === 429) return HELD
    return { broken: '300 requests of one address at one instant' }
  },
}

export const overRate: Small = {
  number: 66,
  title: 'more calls of one principal than the contract allows',
  async run({ call, clock }) {
    clock.advance(600_000)
    // Another address for each, so that no address is in the way.
    for (let count = 0; count < 101; count++)
      if ((await call(`GET /v1/notes/${randomUUID()}`, { as: ALICE, peer: `198.51.100.${count}` })).status === 429)
        return HELD
    return { broken: '101 calls in a minute where 100 are allowed' }
  },
}

export const oneAccount: Small = {
  number: 47,
  title: 'guesses at one account from many addresses',
  async run({ call, clock }) {
    clock.advance(600_000)
    for (let count = 0; count < 3; count++)
      if ((await call('POST /v1/guess', { body: { email: ' Alice@x.y' }, peer: `203.0.113.${count}` })).status === 429)
        return HELD
    return { broken: '3 guesses in a minute where 2 are allowed' }
  },
}

const patch = ({ call }: SmallGate, body: string, as = ALICE) => {
  const { id } = plantNote()
  return call(`PATCH /v1/notes/${id}`, { as, body })
}

export const largeBody: Small = {
  number: 71,
  title: 'a body of a megabyte',
  async run(gate) {
    gate.clock.advance(600_000)
    must(await patch(gate, '{"text":"x"}'))
    const answer = await patch(gate, `{"text":"x"${' '.repeat(1_000_000)}}`)
    return seen(answer.status === 413, 'it was read', answer)
  },
}

export const deepBody: Small = {
  number: 72,
  title: 'JSON of two hundred levels',
  async run(gate) {
    gate.clock.advance(600_000)
    const answer = await patch(gate, `{"text":"x","more":${'['.repeat(200)}${']'.repeat(200)}}`)
    return seen(answer.status === 400, 'it was taken', answer)
  },
}

export const longText: Small = {
  number: 74,
  title: 'a text longer than its bound',
  async run(gate) {
    gate.clock.advance(600_000)
    const { id } = plantNote()
    const answer = await gate.call(`PATCH /v1/notes/${id}`, { as: ALICE, body: { text: 'x'.repeat(10_000) } })
    return seen((notesTable.get(id)?.text.length ?? 0) < 1000, 'it was stored', answer)
  },
}

export const slowHandler: Small = {
  number: 75,
  title: 'a handler that takes longer than its deadline',
  async run({ call, clock }) {
    clock.advance(600_000)
    // The deadline is one second. Whoever waits for the end instead has to wait for this promise.
    let finish = () => {}
    behaviour.slow = (signal) =>
      new Promise((resolve) => {
        finish = resolve
        signal.addEventListener('abort', () => resolve())
      })
    const running = call('POST /v1/slow', { as: ALICE })
    const patience = setTimeout(() => finish(), 1600)
    const answer = await running
    clearTimeout(patience)
    behaviour.slow = async () => {}
    return seen(answer.status === 504, 'it ran to its end', answer)
  },
}

export const manyAtOnce: Small = {
  number: 78,
  title: 'more calls at once than there are places',
  async run({ call, clock }) {
    clock.advance(600_000)
    const waiting: (() => void)[] = []
    behaviour.slow = () => new Promise((resolve) => void waiting.push(resolve))
    const calls = [ALICE, 'bob.acme', ADMIN, 'dora.acme'].map((as) => call('POST /v1/slow', { as }))
    for (let turn = 0; turn < 200 && waiting.length < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    const together = waiting.length
    behaviour.slow = async () => {}
    for (const finish of waiting) finish()
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    return together <= 2 && statuses.includes(503) ? HELD : { broken: `${together} ran at once: ${statuses.join(' ')}` }
  },
}

// API6

const charge = async ({ call }: Side, keys: readonly string[]): Promise<Verdict> => {
  const order = randomUUID()
  const answers = await Promise.all(
    keys.map((key) => call(`POST /v1/orders/${order}/charge`, { as: ALICE, headers: { 'idempotency-key': key } })),
  )
  const times = charged.filter((each) => each === order).length
  if (times === 0) throw new Inconclusive(`nothing was charged: ${answers.map(({ status }) => status).join(' ')}`)
  return times === 1 ? HELD : { broken: `one order was charged ${times} times` }
}

export const chargedAgain: Attack<Side> = {
  number: 88,
  title: 'a charge repeated with its key',
  run: (target) => charge(target, new Array<string>(5).fill(randomUUID())),
}

export const chargedInParallel: Attack<Side> = {
  number: 89,
  title: 'a charge in parallel, with other keys',
  run: (target) =>
    charge(
      target,
      Array.from({ length: 5 }, () => randomUUID()),
    ),
}

export const overQuota: Small = {
  number: 93,
  title: 'a sensitive step more often than its quota',
  async run({ call }) {
    const answers: Called[] = []
    for (let count = 0; count < 4; count++)
      answers.push(await call(`POST /v1/notes/${plantNote().id}/publish`, { as: ALICE }))
    return seen(answers.at(-1)?.status === 429, 'the fourth of three passed', answers.at(-1) as Called)
  },
}

export const outOfOrder: Attack<Side> = {
  number: 90,
  title: 'a step without the one before it, or faster than a person',
  async run({ call, clock }) {
    const order = `/v1/orders/${randomUUID()}`
    const skipped = await call(`POST ${order}/ship`, { as: ALICE })
    if (skipped.status !== 409) return seen(false, 'the first step was skipped', skipped)
    must(await call(`POST ${order}/confirm`, { as: ALICE }))
    const hurried = await call(`POST ${order}/ship`, { as: ALICE })
    clock.advance(6000)
    must(await call(`POST ${order}/ship`, { as: ALICE }))
    return seen(hurried.status === 429, 'no person is that fast', hurried)
  },
}

export const staleSignIn: Attack<Side> = {
  number: 90,
  title: 'a sensitive step with an old sign-in',
  async run({ call }) {
    const answer = await call(`POST /v1/orders/${randomUUID()}/refund`, { as: ALICE })
    return seen(answer.status === 401, 'an old sign-in was enough', answer)
  },
}

// API7

const reached = (
  numbered: Pick<Attack<Network>, 'number' | 'title'>,
  url: (network: Network) => string,
): Attack<Network> => ({
  ...numbered,
  async run(target) {
    const before = target.inner.connections
    const answer = await target.call('POST /v1/probe', { as: ALICE, body: { url: url(target) } })
    return seen(target.inner.connections === before, 'the listener within was reached', answer)
  },
})

const asNumber = INNER.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
export const literal = reached(
  { number: 94, title: 'the address of an inner machine' },
  ({ port }) => `https://${INNER}:${port}/`,
)
export const decimal = reached(
  { number: 95, title: 'an inner address as one decimal number' },
  ({ port }) => `https://${asNumber}:${port}/`,
)
export const mapped = reached(
  { number: 95, title: 'an inner address mapped into IPv6' },
  ({ port }) => `https://[::ffff:${INNER}]:${port}/`,
)
export const userInfo = reached(
  { number: 96, title: 'an inner address after user information' },
  ({ port }) => `https://rates.example.com@${INNER}:${port}/`,
)
export const plainScheme = reached(
  { number: 99, title: 'plain HTTP to an inner name' },
  ({ port }) => `http://inner.example.com:${port}/`,
)
export const innerName = reached(
  { number: 100, title: 'a name that leads within' },
  ({ port }) => `https://inner.example.com:${port}/`,
)
export const rebinding = reached(
  { number: 100, title: 'a name that leads elsewhere when asked again' },
  ({ port }) => `https://rebinding-${randomUUID()}.example.com:${port}/`,
)

// API8

export const crossSite: Small = {
  number: 102,
  title: 'a change that a browser sends from another site',
  async run({ call }) {
    const { id, text } = plantNote()
    const answer = await call(`PATCH /v1/notes/${id}`, {
      as: ALICE,
      body: { text: 'from elsewhere' },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    return seen(notesTable.get(id)?.text === text, 'it was made', answer)
  },
}

export const bareReply: Small = {
  number: 107,
  title: 'a reply that browsers may sniff, frame or keep',
  async run({ call }) {
    const answer = must(await call(`GET /v1/notes/${plantNote().id}`, { as: ALICE }))
    const {
      'x-content-type-options': sniff,
      'cache-control': cache,
      'content-security-policy': csp,
      'x-frame-options': frame,
    } = answer.headers
    return seen(
      sniff === 'nosniff' && cache === 'no-store' && csp?.includes("default-src 'none'") === true && frame === 'DENY',
      'headers are missing',
      answer,
    )
  },
}

export const innerError: Attack<Side> = {
  number: 109,
  title: 'SQL, paths and stacks in an error',
  async run({ call }) {
    const answer = await call('GET /v1/fail', { as: 'tim.acme.tester' })
    if (answer.status !== 500) throw new Inconclusive(`the handler did not fail: ${answer.status}`)
    return seen(
      !/secret_column|side-api|\bat .*:\d+/.test(JSON.stringify(answer.body)),
      'the caller sees the inside',
      answer,
    )
  },
}

export const plainHttp: Small = {
  number: 116,
  title: 'plain HTTP from elsewhere',
  async run({ call }) {
    const { id, text } = plantNote()
    const answer = await call(`GET /v1/notes/${id}`, { as: ALICE, peer: '192.0.2.1' })
    return seen(
      answer.status === 403 && !JSON.stringify(answer.body).includes(text),
      'it was served over plain HTTP',
      answer,
    )
  },
}

// API10

export const hostileAnswer: Attack<Side> = {
  number: 128,
  title: 'an upstream answer outside its schema',
  async run({ call, upstream }) {
    upstream.answer = '{"rate":"1.10"}'
    if (must(await call('GET /v1/rate', { as: ALICE })).body.rate !== '1.10')
      throw new Inconclusive('the upstream does not answer')
    upstream.answer = '{"rate":"<script>canary</script>"}'
    const answer = await call('GET /v1/rate', { as: ALICE })
    return seen(answer.status === 502, 'it was relayed', answer)
  },
}

export const hugeAnswer: Attack<Side> = {
  number: 126,
  title: 'an upstream answer of two megabytes',
  async run({ call, upstream }) {
    upstream.answer = `{"rate":"1.10"${' '.repeat(2_000_000)}}`
    const answer = await call('GET /v1/rate', { as: ALICE })
    return seen(answer.status === 502, 'it was read to its end', answer)
  },
}

function delivery({ call, clock, secret }: Side, event: string, signWith = secret): () => Promise<Called> {
  const body = JSON.stringify({ event })
  const timestamp = String(Math.floor(clock.now() / 1000))
  const signature = createHmac('sha256', signWith).update(`${timestamp}.`).update(body).digest('hex')
  return () => call('POST /v1/webhook', { body, headers: { 'x-signature': signature, 'x-timestamp': timestamp } })
}
const taken = (event: string) => delivered.filter((each) => each === event).length

export const forgedDelivery: Attack<Side> = {
  number: 129,
  title: 'a webhook that somebody else signed',
  async run(target) {
    const [genuine, forged] = [randomUUID(), randomUUID()]
    must(await delivery(target, genuine)())
    const answer = await delivery(target, forged, 'a secret of somebody else, as long as it is')()
    return seen(taken(genuine) === 1 && taken(forged) === 0, 'it was taken', answer)
  },
}

export const repeatedDelivery: Attack<Side> = {
  number: 130,
  title: 'a webhook delivered again',
  async run(target) {
    const event = randomUUID()
    const deliver = delivery(target, event)
    must(await deliver())
    const answer = await deliver()
    return seen(taken(event) === 1, 'it was taken twice', answer)
  },
}
