import { type Attack, broken, control, HELD, Inconclusive, refused, succeeded, type Verdict } from '../attack.ts'
import type { Canary, Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import type { Caller, Person } from '../people.ts'

type Api6 = Attack<Target>

const DAY_MILLISECONDS = 86_400_000

interface Payment {
  readonly as?: Caller
  readonly key?: string | null
  readonly body?: unknown
  readonly query?: string
}

function pay(
  target: Target,
  { id, owner }: Canary,
  { as = owner, key = `pay-${id}`, body, query = '' }: Payment = {},
): Promise<Answer> {
  const headers: Readonly<Record<string, string>> = key === null ? {} : { 'Idempotency-Key': key }
  return target.call(`POST /api/v1/invoices/${id}/pay${query}`, {
    as,
    headers,
    ...(body === undefined ? {} : { body }),
  })
}

/** Exactly one payment of the invoice's own amount, and the invoice is paid. */
async function paidOnce(target: Target, invoice: Canary, amount = 4200): Promise<Verdict> {
  const rows = (await target.payments(invoice.id)) as readonly { readonly amount: number }[]
  if (rows.length !== 1) return broken(`${rows.length} payments`)
  if (rows[0]?.amount !== amount) return broken(`a payment of ${rows[0]?.amount}`)
  return (await target.stored(invoice.id))?.status === 'paid' ? HELD : broken('the invoice is not paid')
}

async function unpaid(target: Target, invoice: Canary): Promise<Verdict> {
  const rows = await target.payments(invoice.id)
  return rows.length === 0 && (await target.stored(invoice.id))?.status === 'open' ? HELD : broken('it was paid')
}

const twice: Api6 = {
  number: 88,
  title: 'paying again, with other keys',
  async run(target) {
    const invoice = await target.invoice(target.alice)
    control(await pay(target, invoice))
    for (const key of ['key-00000002', `PAY-${invoice.id}`, '"key-00000003"', '12345678']) {
      const answer = await pay(target, invoice, { key })
      if (!refused(answer) || answer.status !== 409) return broken('paid again', answer)
    }
    return paidOnce(target, invoice)
  },
}

const replayed: Api6 = {
  number: 88,
  title: 'a retry with the same key gets the same reply and pays nothing',
  async run(target) {
    const invoice = await target.invoice(target.alice)
    const first = control(await pay(target, invoice, { key: 'retry-0001' }))
    // A quoted key is the same key (structured field).
    for (const key of ['retry-0001', '"retry-0001"']) {
      const again = control(await pay(target, invoice, { key }), 'the retry')
      if (again.status !== first.status || again.text !== first.text) return broken('another reply', again)
      if (again.headers['idempotency-replayed'] !== 'true') return broken('not told as a replay', again)
    }
    return paidOnce(target, invoice)
  },
}

/** @param atOnce - Ten is what the declared limit lets through in a minute; more needs a target whose limits are away. */
export const parallel = (atOnce: number): Api6 => ({
  number: 89,
  title: `fifty payments, ${atOnce} at once, each with its own key`,
  async run(target) {
    const invoice = await target.invoice(target.alice)
    const answers = await inRounds(target, atOnce, (index) => pay(target, invoice, { key: `parallel-${index}` }))
    const paid = answers.filter(succeeded).length
    return paid === 1 ? paidOnce(target, invoice) : broken(`${paid} payments succeeded`)
  },
})

export const parallelRetries = (atOnce: number): Api6 => ({
  number: 89,
  title: `fifty retries with one key, ${atOnce} at once`,
  async run(target) {
    const invoice = await target.invoice(target.alice)
    const answers = await inRounds(target, atOnce, () => pay(target, invoice, { key: 'together-1' }))
    const replies = new Set(answers.filter(succeeded).map(({ text }) => text))
    if (replies.size !== 1) return broken(`${replies.size} different replies`)
    for (const answer of answers)
      if (!succeeded(answer) && answer.json?.code !== 'idempotency_in_flight') return broken('another answer', answer)
    return paidOnce(target, invoice)
  },
})

/** Fifty calls. All must have been looked at. */
async function inRounds(
  target: Target,
  atOnce: number,
  call: (index: number) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let start = 0; start < 50; start += atOnce) {
    target.clock.advance(61_000)
    answers.push(...(await Promise.all(Array.from({ length: atOnce }, (_, index) => call(start + index)))))
  }
  const inconclusive = answers.find(({ status }) => status === 429 || status >= 500)
  if (inconclusive) throw new Inconclusive(`a payment answered ${inconclusive.status} ${inconclusive.text}`)
  return answers
}

const otherPayload: Api6 = {
  number: 93,
  title: 'the key of one payment for another payload or invoice',
  async run(target) {
    const first = await target.invoice(target.alice)
    const second = await target.invoice(target.alice)
    control(await pay(target, first, { key: 'shared-001' }))
    const answer = await pay(target, second, { key: 'shared-001' })
    if (!refused(answer) || answer.status !== 422) return broken('not a mismatch', answer)
    const verdict = await unpaid(target, second)
    return verdict === HELD ? paidOnce(target, first) : verdict
  },
}

const noKey: Api6 = {
  number: 93,
  title: 'no key, or one that is none',
  async run(target) {
    const invoice = await target.invoice(target.alice)
    for (const key of [null, '', 'short', 'a'.repeat(129), 'with space', '../../../key', '{"a":"b"}', '"unbalanced']) {
      const answer = await pay(target, invoice, { key })
      if (!refused(answer) || answer.status !== 400) return broken(`the key ${key}`, answer)
    }
    const headers = [
      ['Idempotency-Key', 'double-001'],
      ['Idempotency-Key', 'double-002'],
    ] as const
    const doubled = await target.call(`POST /api/v1/invoices/${invoice.id}/pay`, { as: target.alice, headers })
    if (!refused(doubled)) return broken('two keys', doubled)
    return unpaid(target, invoice)
  },
}

const others: Api6 = {
  number: 90,
  title: 'somebody else pays, with a key of his own and with the owner’s',
  async run(target) {
    const { alice, bob, carol, admin } = target
    const invoice = await target.invoice(alice)
    const strangers: readonly Person[] = [bob, carol, admin]
    for (const as of strangers) {
      const answer = await pay(target, invoice, { as, key: 'strangers-1' })
      if (!refused(answer)) return broken(`${as.name} paid`, answer)
    }
    const verdict = await unpaid(target, invoice)
    if (verdict !== HELD) return verdict
    const own = control(await pay(target, invoice, { key: 'owners-key' }))
    for (const as of strangers) {
      const answer = await pay(target, invoice, { as, key: 'owners-key' })
      if (!refused(answer) || answer.text.includes(own.json.id))
        return broken(`${as.name} got the owner's reply`, answer)
    }
    return paidOnce(target, invoice)
  },
}

const outOfOrder: Api6 = {
  number: 90,
  title: 'paying what was deleted, changing or deleting what was paid',
  async run(target) {
    const gone = await target.invoice(target.alice)
    control(await target.call(`DELETE /api/v1/invoices/${gone.id}`, { as: target.alice }))
    const late = await pay(target, gone)
    if (!refused(late) || late.status !== 404) return broken('it was paid after its end', late)
    if ((await target.payments(gone.id)).length > 0) return broken('there is a payment for nothing')
    const paid = await target.invoice(target.alice)
    control(await pay(target, paid, { key: 'in-order-1' }))
    for (const [route, body] of [
      [`PATCH /api/v1/invoices/${paid.id}`, { total: 1 }],
      [`DELETE /api/v1/invoices/${paid.id}`, undefined],
    ] as const) {
      const answer = await target.call(route, { as: target.alice, body })
      if (!refused(answer)) return broken('a paid invoice changed', answer)
    }
    return paidOnce(target, paid)
  },
}

const clientPrice: Api6 = {
  number: 92,
  title: 'an amount that the client gives',
  async run(target) {
    const invoice = await target.invoice(target.alice)
    for (const body of [{ amount: 1 }, { total: 0 }, { price: -1, currency: 'XXX' }, {}, []]) {
      const answer = await pay(target, invoice, { body })
      if (!refused(answer) || answer.status !== 400) return broken('a body was taken', answer)
    }
    const inQuery = await pay(target, invoice, { query: '?amount=1' })
    if (!refused(inQuery)) return broken('an amount in the query was taken', inQuery)
    const open = await unpaid(target, invoice)
    if (open !== HELD) return open
    control(await pay(target, invoice))
    return paidOnce(target, invoice)
  },
}

const quantities: Api6 = {
  number: 91,
  title: 'totals that are negative, overflowing or no whole number',
  async run(target) {
    const { alice } = target
    const invoice = await target.invoice(alice)
    const totals = [
      '-1',
      '-0.0001',
      '100000001',
      '2147483648',
      '4294967297',
      '9007199254740993',
      '1e308',
      '1e999',
      '1.5',
      '"100"',
      'null',
      'true',
      '[1]',
      '{"$gt":0}',
      'NaN',
      'Infinity',
      '-Infinity',
      '0x10',
      '01',
      '1_000',
    ]
    for (const total of totals) {
      for (const [route, text] of [
        ['POST /api/v1/invoices', `{"title":"x","total":${total}}`],
        [`PATCH /api/v1/invoices/${invoice.id}`, `{"total":${total}}`],
      ] as const) {
        const answer = await target.call(route, { as: alice, body: text })
        if (!refused(answer) || answer.status !== 400) return broken(`total ${total}`, answer)
      }
    }
    for (const [spelled, stored] of [
      ['1e2', 100],
      ['100000000', 100_000_000],
    ] as const) {
      const made = await target.call('POST /api/v1/invoices', { as: alice, body: `{"title":"x","total":${spelled}}` })
      if (succeeded(made) && (await target.stored(made.json.id))?.total !== stored)
        return broken(`${spelled} became another total`, made)
    }
    return (await target.stored(invoice.id))?.total === 4200 ? HELD : broken('the total changed')
  },
}

const quota: Api6 = {
  number: 93,
  title: 'more payments in a day than the quota, at the pace that the limit allows',
  async run(target) {
    const person = await target.person()
    const invoices: Canary[] = []
    for (let made = 0; made < 51; made++) invoices.push(await target.invoice(person))
    const last = invoices.pop() as Canary
    for (const [index, invoice] of invoices.entries()) control(await pay(target, invoice, { key: `quota-00${index}` }))
    target.clock.advance(61_000)
    const over = await target.call(`POST /api/v1/invoices/${last.id}/pay`, {
      as: person,
      headers: { 'Idempotency-Key': 'quota-last' },
      patient: false,
    })
    if (over.status !== 429 || !(Number(over.headers['retry-after']) > 60))
      return broken('the quota does not hold', over)
    const verdict = await unpaid(target, last)
    if (verdict !== HELD) return verdict
    control(await pay(target, await target.invoice(target.bob), { key: 'another-person' }), 'somebody else')
    target.clock.advance(DAY_MILLISECONDS)
    control(await pay(target, last, { key: 'quota-last' }), 'the day after')
    return HELD
  },
}

export const api6: readonly Api6[] = [
  twice,
  replayed,
  parallel(10),
  parallelRetries(10),
  otherPayload,
  noKey,
  others,
  outOfOrder,
  clientPrice,
  quantities,
  quota,
]
