import { createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import accountsFile from './accounts.json' with { type: 'json' }
import { launch, type Started, start } from './server.ts'
import truth from './truth.json' with { type: 'json' }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // The shape differs with each path; the expectations say what is looked for.
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the server sends
  readonly body: any
}

interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

async function call(base: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const headers: Record<string, string> = { ...options.headers }
  if (options.token !== undefined) headers.authorization = `Token ${options.token}`
  const init: RequestInit = { method, headers }
  if (options.body !== undefined) {
    headers['content-type'] ??= 'application/json'
    init.body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
  }
  const response = await fetch(new URL(path.startsWith('/api/') ? path : `/api/v1${path}`, base), init)
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined }
}

type Client = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

interface World {
  readonly url: string
  readonly anybody: Client
  readonly as: (name: string) => Client
  readonly idOf: (name: string) => string
  readonly tokenOf: (name: string) => string
}

const accounts = accountsFile.accounts

async function signIn(url: string, name: string): Promise<{ id: string; token: string }> {
  const account = accounts.find((entry) => entry.name === name)
  const answer = await call(url, 'POST', '/users/login', { body: { user: account?.credentials } })
  expect(answer.status).toBe(200)
  return answer.body.user
}

async function worldOf(url: string): Promise<World> {
  const users = new Map<string, { id: string; token: string }>()
  for (const { name } of accounts) users.set(name, await signIn(url, name))
  const client =
    (token: string | undefined): Client =>
    (method, path, body, headers = {}) =>
      call(url, method, path, { token, body, headers })
  return {
    url,
    anybody: client(undefined),
    as: (name) => client(users.get(name)?.token),
    idOf: (name) => users.get(name)?.id ?? '',
    tokenOf: (name) => users.get(name)?.token ?? '',
  }
}

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const resetConfirm = (email: string, code: string) => ({ user: { email, code, password: 'another-Good-one' } })

async function spentSignIns(world: World, email: string): Promise<number> {
  let last = 0
  for (let n = 0; n < 9; n += 1) {
    last = (await world.anybody('POST', '/users/login', { user: { email, password: 'wrong' } })).status
  }
  return last
}

/** For each entry of the table, whether it shows on this server. */
const shows: Record<string, (world: World) => Promise<boolean>> = {
  F01: async ({ as, idOf }) => {
    const answer = await as('alice')('GET', '/loans/1011')
    return answer.status === 200 && answer.body.loan.memberId === idOf('ben')
  },
  F02: async ({ as }) => {
    expect((await as('alice')('GET', '/holds/2011')).status).toBe(404)
    expect((await as('alice')('DELETE', '/holds/2011')).status).toBe(404)
    await as('alice')('PUT', '/holds/2011', { hold: { pickupBranch: 'central', expiresOn: tomorrow() } })
    return (await as('ben')('GET', '/holds/2011')).body.hold.pickupBranch === 'central'
  },
  F03: async ({ as }) => {
    expect((await as('alice')('POST', '/loans/1012/renew')).status).toBe(404)
    const answer = await as('alice')('POST', '/loans/renew', { loans: [1012] })
    expect(answer.status).toBe(200)
    const renewals = (await as('ben')('GET', '/loans/1012')).body.loan.renewals
    expect(renewals).toBe(answer.body.results[0].renewed ? 1 : 0)
    return answer.body.results[0].bookTitle !== undefined
  },
  F04: async ({ as, idOf }) => {
    expect((await as('alice')('GET', `/loans?memberId=${idOf('ben')}`)).status).toBe(403)
    const answer = await as('alice')('GET', `/loans/export?memberId=${idOf('ben')}`)
    return answer.status === 200 && answer.text.includes('1011')
  },
  F05: async ({ as }) => {
    expect((await as('tom')('GET', '/courses/genealogy-basics/enrolments/604/grade')).status).toBe(404)
    const answer = await as('tom')('GET', '/courses/intro-to-archives/enrolments/604/grade')
    return answer.status === 200 && answer.body.grade.courseSlug === 'genealogy-basics'
  },
  F06: async ({ as }) => {
    const lists = (await as('ben')('GET', '/lists?shared=true')).body.lists
    expect(lists).toHaveLength(1)
    expect(lists[0].canEdit).toBe(false)
    await as('ben')('PATCH', `/lists/${lists[0].id}`, { list: { title: 'Changed by ben' } })
    return (await as('alice')('GET', `/lists/${lists[0].id}`)).body.list.title === 'Changed by ben'
  },
  F07: async ({ as, idOf }) => {
    const listed = (await as('lena')('GET', '/members')).text
    expect(listed).toContain('alice@')
    expect(listed).not.toContain('clara@')
    return (await as('lena')('GET', `/members/${idOf('clara')}`)).status === 200
  },
  F08: async ({ anybody, idOf }) => {
    const token = `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ sub: idOf('admin'), ver: 1 })}.`
    const answer = await anybody('GET', '/user', undefined, { authorization: `Token ${token}` })
    return answer.status === 200 && answer.body.user.role === 'admin'
  },
  F09: async ({ anybody }) => {
    await anybody('POST', '/users/password-reset', { user: { email: 'ben@example.org' } })
    const statuses: number[] = []
    for (let n = 0; n < 30; n += 1) {
      statuses.push(
        (await anybody('POST', '/users/password-reset/confirm', resetConfirm('ben@example.org', '000000'))).status,
      )
    }
    return statuses.every((status) => status === 422)
  },
  F10: async (world) => {
    const email = 'ursula@example.org'
    expect(await spentSignIns(world, email)).toBe(429)
    const body = { user: { email, password: 'wrong' } }
    const answer = await world.anybody('POST', '/users/login', body, { 'x-forwarded-for': '203.0.113.9' })
    return answer.status === 401
  },
  F11: async ({ url }) => {
    const { token } = await signIn(url, 'tom')
    expect((await call(url, 'POST', '/users/logout', { token })).status).toBe(204)
    return (await call(url, 'GET', '/user', { token })).status === 200
  },
  F12: async ({ as, idOf }) => {
    const clara = as('clara')
    expect((await clara('GET', '/members')).status).toBe(403)
    await clara('PATCH', `/members/${idOf('clara')}`, { member: { role: 'librarian' } })
    return (await clara('GET', '/members')).status === 200
  },
  F13: async ({ anybody }) => {
    const answer = await anybody('GET', '/books/1/reviews')
    expect(answer.body.reviews.length).toBeGreaterThan(2)
    return /email|cardNumber|phone/.test(answer.text)
  },
  F14: async ({ as }) => {
    const answer = await as('tom')('POST', '/holds', { hold: { bookId: 90, pickupBranch: 'north', position: -1 } })
    return answer.status === 201 && answer.body.hold.position === -1
  },
  F15: async ({ anybody }) => {
    const answer = await anybody('GET', '/books?limit=100000')
    return answer.status === 200 && answer.body.books.length > 100
  },
  F16: async ({ anybody }) => {
    const ask = () => anybody('POST', '/users/password-reset', { user: { email: 'tom@example.org' } })
    const answers = await Promise.all(Array.from({ length: 40 }, ask))
    const refused = answers.filter((answer) => answer.status === 429)
    expect(refused.every((answer) => Number(answer.headers.get('retry-after')) > 0)).toBe(true)
    return refused.length === 0
  },
  F17: async ({ as }) => {
    const answer = await as('alice')('POST', '/fines/3003/waive', { waiver: { reason: 'please' } })
    return answer.status === 200 && answer.body.fine.status === 'waived'
  },
  F18: async ({ as }) => {
    expect((await as('alice')('GET', '/admin/fine-rules')).status).toBe(403)
    const fineRules = { centsPerDay: 1, maximumCents: 2, graceDays: 3 }
    await as('alice')('PUT', '/admin/fine-rules', { fineRules })
    return (await as('admin')('GET', '/admin/fine-rules')).body.fineRules.centsPerDay === 1
  },
  F19: async ({ as }) => {
    const answer = await as('alice')('GET', '/reports/overdue')
    return answer.status === 200 && answer.text.includes('ben@example.org')
  },
  F20: async ({ as }) => {
    const path = '/courses/intro-to-archives/enrolments/601/grade'
    await as('alice')('PUT', path, { grade: { score: 100 } })
    return (await as('tom')('GET', path)).body.grade.score === 100
  },
  F21: async ({ as }) => {
    const { code } = (await as('alice')('GET', '/vouchers')).body.vouchers[0]
    const redeem = () => as('alice')('POST', '/vouchers/redeem', { voucher: { code } })
    const answers = await Promise.all(Array.from({ length: 10 }, redeem))
    const successes = answers.filter((answer) => answer.status === 200).length
    expect(successes).toBeGreaterThan(0)
    expect((await redeem()).status).toBe(409)
    return successes > 1
  },
  F22: async ({ as }) => {
    const pay = () => as('alice')('POST', '/fines/3001/pay', { payment: { method: 'credit' } })
    expect((await pay()).status).toBe(200)
    const again = await pay()
    return again.status === 200 && again.body.fine.paidCents === 2 * again.body.fine.amountCents
  },
  F23: async ({ as, anybody }) => {
    let calls = 0
    const image = Buffer.from('89504e470d0a1a0a00000000', 'hex')
    const listener = createServer((_req, res) => {
      calls += 1
      res.setHeader('content-type', 'image/png')
      res.end(image)
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/a.png`
    const answer = await as('ben')('POST', '/covers', { cover: { bookId: 1, url } })
    listener.close()
    listener.closeAllConnections()
    if (calls > 0) expect((await anybody('GET', `/covers/${answer.body.cover.id}`)).status).toBe(200)
    else expect(answer.status).toBe(422)
    return calls > 0
  },
  F24: async ({ anybody }) => {
    const answer = await anybody('POST', '/users/login', '{"a":')
    expect(answer.status).toBe(400)
    return answer.text.includes('node_modules')
  },
  F25: async ({ anybody }) => {
    const { headers } = await anybody('GET', '/books', undefined, { origin: 'https://evil.example' })
    const reflected = headers.get('access-control-allow-origin') === 'https://evil.example'
    expect(headers.has('access-control-allow-credentials')).toBe(reflected)
    return reflected
  },
  F26: async ({ anybody }) => {
    await anybody('POST', '/users/password-reset', { user: { email: 'alice@example.org' } })
    const answer = await anybody('GET', '/api/v1/dev/outbox')
    return answer.status === 200 && /Your code is \d{6}/.test(answer.text)
  },
  F27: async ({ anybody, idOf }) => {
    const answer = await anybody('GET', `/api/v0/members/${idOf('ben')}`)
    return answer.status === 200 && answer.body.member.cardNumber !== undefined
  },
  F28: async ({ as, anybody }) => {
    const { payment } = (await as('alice')('POST', '/fines/3002/pay', { payment: { method: 'card' } })).body
    const body = { event: { id: randomUUID(), type: 'payment.succeeded', reference: payment.reference } }
    const wrong = { 'x-payment-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}` }
    expect((await anybody('POST', '/webhooks/payments', body, wrong)).status).toBe(401)
    await anybody('POST', '/webhooks/payments', body)
    return (await as('alice')('GET', '/fines/3002')).body.fine.status === 'paid'
  },
}

it('has one check for each entry of the table', () => {
  expect(Object.keys(shows)).toEqual(truth.map((entry) => entry.id))
})

describe.each([true, false])('planted: %s', (planted) => {
  let server: Started
  let world: World
  beforeAll(async () => {
    server = await start({ planted })
    world = await worldOf(server.url)
  })
  afterAll(() => server.close())

  it.each(truth)('$id $risk $method $path', async ({ id }) => {
    expect(await shows[id]?.(world)).toBe(planted)
  })
})

describe('each fault alone', () => {
  it.each(truth)('$id shows without the others', async ({ id }) => {
    const server = await launch([id])
    try {
      expect(await shows[id]?.(await worldOf(server.url))).toBe(true)
    } finally {
      await server.close()
    }
  })
})

describe.each([true, false])('normal use, planted: %s', (planted) => {
  let server: Awaited<ReturnType<typeof launch>>
  let world: World
  let alice: Client
  let ben: Client
  beforeAll(async () => {
    server = await launch(planted ? truth.map((entry) => entry.id) : [])
    world = await worldOf(server.url)
    alice = world.as('alice')
    ben = world.as('ben')
  })
  afterAll(() => server.close())

  it('signs in with a form as well', async () => {
    const form = new URLSearchParams({ email: 'ben@example.org', password: 'copper-Lamp-52' }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await world.anybody('POST', '/users/login', form, headers)).body.user.email).toBe('ben@example.org')
    expect((await world.anybody('POST', '/lists', form, headers)).status).toBe(415)
  })

  it('borrows, renews and returns', async () => {
    const { loan } = (await alice('POST', '/loans', { loan: { bookId: 100 } })).body
    expect(loan.status).toBe('open')
    expect((await alice('GET', `/loans/${loan.id}`)).body.loan.bookId).toBe(100)
    expect((await alice('POST', `/loans/${loan.id}/renew`)).body.loan.renewals).toBe(1)
    expect((await alice('POST', '/loans/renew', { loans: [loan.id, loan.id] })).body.results).toHaveLength(1)
    expect((await alice('POST', `/loans/${loan.id}/renew`)).status).toBe(409)
    expect((await alice('POST', `/loans/${loan.id}/return`)).body.loan.status).toBe('returned')
    expect((await alice('POST', `/loans/${loan.id}/return`)).status).toBe(409)
    expect((await alice('GET', '/loans/export?status=returned')).text).toContain(String(loan.id))
    expect((await world.as('lena')('GET', `/loans?memberId=${world.idOf('alice')}`)).body.loansCount).toBe(5)
  })

  it('queues for a book', async () => {
    const { hold } = (await world.as('ursula')('POST', '/holds', { hold: { bookId: 60, pickupBranch: 'harbour' } }))
      .body
    expect(hold.position).toBe(5)
    const changed = { hold: { pickupBranch: 'north', expiresOn: tomorrow() } }
    expect((await world.as('ursula')('PUT', `/holds/${hold.id}`, changed)).body.hold.pickupBranch).toBe('north')
    expect((await world.as('ursula')('DELETE', `/holds/${hold.id}`)).status).toBe(204)
  })

  it('merges a profile and replaces settings', async () => {
    const path = `/members/${world.idOf('alice')}`
    const headers = { 'content-type': 'application/merge-patch+json' }
    const { member } = (await alice('PATCH', path, { member: { address: null } }, headers)).body
    expect(member).toMatchObject({ name: 'Alice Arden', address: null })
    expect(member.staffNote).toBeUndefined()
    expect((await world.as('lena')('GET', path)).body.member.staffNote).toBeTypeOf('string')
    const notifications = { email: false, sms: true, dueReminderDays: 1 }
    expect((await alice('PUT', `${path}/notifications`, { notifications })).body.notifications.sms).toBe(true)
    expect((await ben('PATCH', path, { member: { name: 'Mallory' } })).status).toBe(404)
    expect((await alice('PATCH', path, { member: { creditCents: 9 } })).status).toBe(422)
    expect((await alice('PATCH', path, '{"member":{"name":"A","__proto__":{"role":"admin"}}}')).status).toBe(422)
  })

  it('teaches, enrols and grades', async () => {
    const tom = world.as('tom')
    const given = { title: 'Bookbinding', description: 'Six evenings', capacity: 1 }
    const { slug } = (await tom('POST', '/courses', { course: given })).body.course
    const { enrolment } = (await alice('POST', `/courses/${slug}/enrolments`)).body
    expect((await ben('POST', `/courses/${slug}/enrolments`)).status).toBe(409)
    expect((await tom('GET', `/courses/${slug}/enrolments`)).body.enrolmentsCount).toBe(1)
    const path = `/courses/${slug}/enrolments/${enrolment.id}/grade`
    expect((await tom('PUT', path, { grade: { score: 88, comment: 'Neat' } })).body.grade.score).toBe(88)
    expect((await alice('GET', path)).body.grade.score).toBe(88)
    expect((await ben('GET', path)).status).toBe(404)
    expect((await ben('GET', `/courses/${slug}/grades`)).body.grades).toEqual([])
    expect((await alice('GET', '/courses/intro-to-archives/grades')).body.grades).toHaveLength(1)
    expect((await ben('PATCH', `/courses/${slug}`, { course: { title: 'x' } })).status).toBe(403)
  })

  it('shares a reading list and takes it back', async () => {
    const { list } = (await alice('POST', '/lists', { list: { title: 'Summer', bookIds: [1, 2] } })).body
    expect((await ben('GET', `/lists/${list.id}`)).status).toBe(404)
    const { share } = (await alice('POST', `/lists/${list.id}/shares`, { share: { email: 'ben@example.org' } })).body
    expect((await ben('GET', `/lists/${list.id}`)).body.list.mine).toBe(false)
    expect((await ben('GET', '/search?type=lists&q=summer')).body.resultsCount).toBe(1)
    expect((await world.as('clara')('GET', '/search?type=lists&q=summer')).body.resultsCount).toBe(0)
    expect((await ben('GET', `/lists/${list.id}/shares`)).status).toBe(403)
    expect((await ben('DELETE', `/lists/${list.id}`)).status).toBe(403)
    expect((await alice('DELETE', `/lists/${list.id}/shares/${share.id}`)).status).toBe(204)
    expect((await ben('GET', `/lists/${list.id}`)).status).toBe(404)
  })

  it('reviews a book', async () => {
    const review = { rating: 4, text: 'Good maps.\nBetter index.' }
    const written = (await alice('POST', '/books/50/reviews', { review })).body.review
    expect((await alice('POST', '/books/50/reviews', { review })).status).toBe(409)
    expect((await world.anybody('GET', '/books/50/reviews')).body.reviews[0].authorName).toBe('Alice')
    expect((await ben('DELETE', `/books/50/reviews/${written.id}`)).status).toBe(403)
    expect((await ben('DELETE', `/books/51/reviews/${written.id}`)).status).toBe(404)
    expect(
      (await alice('PATCH', `/books/50/reviews/${written.id}`, { review: { rating: 5 } })).body.review.rating,
    ).toBe(5)
    expect((await alice('DELETE', `/books/50/reviews/${written.id}`)).status).toBe(204)
  })

  it('takes a card payment that the provider confirms', async () => {
    const { payment } = (await ben('POST', '/fines/3011/pay', { payment: { method: 'card' } })).body
    const body = JSON.stringify({ event: { id: 'evt-1', type: 'payment.succeeded', reference: payment.reference } })
    const t = Math.floor(Date.now() / 1000)
    const v1 = createHmac('sha256', server.context.webhookSecret).update(`${t}.${body}`).digest('hex')
    const headers = { 'x-payment-signature': `t=${t},v1=${v1}` }
    expect((await world.anybody('POST', '/webhooks/payments', body, headers)).status).toBe(204)
    expect((await ben('GET', '/fines/3011')).body.fine.status).toBe('paid')
    const waiver = { waiver: { reason: 'Flooded road' } }
    expect((await world.as('lena')('POST', '/fines/3012/waive', waiver)).body.fine.status).toBe('waived')
    expect((await world.as('lena')('POST', '/fines/3021/waive', waiver)).status).toBe(404)
  })

  it('resets a password by mail and ends the sessions', async () => {
    const email = 'clara@example.org'
    expect((await world.anybody('POST', '/users/password-reset', { user: { email } })).status).toBe(202)
    expect((await world.anybody('POST', '/users/password-reset', { user: { email: 'no@example.org' } })).status).toBe(
      202,
    )
    const code = /\d{6}/.exec(server.context.store.outbox.at(-1)?.text ?? '')?.[0] ?? ''
    const confirm = () => world.anybody('POST', '/users/password-reset/confirm', resetConfirm(email, code))
    expect((await confirm()).status).toBe(204)
    expect((await confirm()).status).toBe(422)
    expect((await world.as('clara')('GET', '/user')).status).toBe(401)
    const user = { email, password: 'another-Good-one' }
    const { token } = (await world.anybody('POST', '/users/login', { user })).body.user
    const change = { user: { currentPassword: 'another-Good-one', password: 'yet-Another-one' } }
    const changed = await call(world.url, 'PUT', '/user/password', { token, body: change })
    expect(changed.status).toBe(200)
    expect((await call(world.url, 'GET', '/user', { token })).status).toBe(401)
    expect((await call(world.url, 'GET', '/user', { token: changed.body.user.token })).status).toBe(200)
  })

  it('lets an administrator administer', async () => {
    const admin = world.as('admin')
    const given = { name: 'Dora Dale', email: 'dora@example.org' }
    const { member } = (await world.as('lena')('POST', '/members', { member: given })).body
    expect((await admin('PUT', `/admin/members/${member.id}/role`, { role: 'teacher' })).body.member.role).toBe(
      'teacher',
    )
    expect((await world.as('lena')('PUT', `/admin/members/${member.id}/role`, { role: 'admin' })).status).toBe(403)
    expect((await admin('DELETE', `/members/${member.id}`)).status).toBe(204)
    expect((await admin('DELETE', `/members/${world.idOf('alice')}`)).status).toBe(409)
    expect((await admin('GET', '/admin/audit')).body.auditCount).toBeGreaterThan(1)
    expect((await admin('GET', '/reports/overdue')).body.overdueCount).toBe(4)
    expect((await world.as('lena')('GET', '/reports/overdue')).body.overdueCount).toBe(3)
  })

  it('refuses what it does not understand', async () => {
    for (const [method, path, status] of [
      ['GET', '/user', 401],
      ['GET', '/loans', 401],
      ['GET', '/nowhere', 404],
      ['DELETE', '/books', 405],
      ['GET', '/loans/renew', 405],
      ['GET', '/books/%E0%A4%A', 400],
      ['GET', '/books/0', 404],
      ['GET', '/books?year=soon', 422],
      ['GET', '/books?q=a&q=b', 422],
      ['GET', '/members/__proto__', 401],
    ] as const) {
      expect([path, (await world.anybody(method, path)).status]).toEqual([path, status])
    }
    expect((await alice('GET', '/members/__proto__')).status).toBe(404)
    expect((await alice('POST', '/lists', { list: { title: 'x'.repeat(40_000) } })).status).toBe(413)
    for (const body of ['null', '[]', '"x"', '{}', '{"list":null}', '{"list":{"title":"a\\u0000b"}}', '{"list":'])
      expect((await alice('POST', '/lists', body)).status).toSatisfy(
        (status: number) => status === 422 || status === 400,
      )
    expect((await world.anybody('GET', '/user')).headers.get('www-authenticate')).toBe('Token')
    const { headers } = await alice('GET', '/user')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.has('x-powered-by')).toBe(false)
  })
})
