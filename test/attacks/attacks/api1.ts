import { randomUUID } from 'node:crypto'
import { type Attack, broken, control, HELD, refused, sameAnswer, succeeded, type Verdict } from '../attack.ts'
import type { Canary, Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import type { Caller } from '../people.ts'

type Api1 = Attack<Target>

const invoice = (id: string) => `/api/v1/invoices/${id}`
interface Attackers {
  readonly name: string
  of(target: Target): readonly Caller[]
}

/** Of the same tenant as alice. */
export const neighbour: Attackers = { name: 'a neighbour', of: ({ bob }) => [bob] }
/** Of another tenant. */
export const foreigner: Attackers = { name: 'somebody of another tenant', of: ({ carol }) => [carol] }
const anyStranger: Attackers = { name: 'whoever it is not for', of: ({ bob, carol }) => [bob, carol] }
const strangers = (target: Target): readonly Caller[] => anyStranger.of(target)

/** Whether what this caller got shows the object, wherever in the answer. */
const leaks = ({ title, id }: Canary, answer: Answer, sent = ''): boolean =>
  answer.text.includes(title) || (answer.text.includes(id) && !sent.includes(id))

/** Sends what should be denied, then looks whether the object is what it was. */
async function unchanged(
  target: Target,
  object: Canary,
  attempts: readonly (() => Promise<Answer>)[],
): Promise<Verdict> {
  const before = await target.stored(object.id)
  for (const attempt of attempts) {
    const answer = await attempt()
    const denied = refused(answer, 'or alarmed')
    if (JSON.stringify(await target.stored(object.id)) !== JSON.stringify(before))
      return broken("another's object changed", answer)
    if (!denied || leaks(object, answer)) return broken('not denied', answer)
  }
  return HELD
}

export const read = (who: Attackers): Api1 => ({
  number: 1,
  title: `reading another's object, in each version, by ${who.name}`,
  async run(target) {
    const { alice } = target.canaries
    for (const path of [invoice(alice.id), `/api/v0/invoices/${alice.id}`]) {
      control(await target.call(`GET ${path}`, { as: target.alice }))
      for (const as of who.of(target)) {
        const answer = await target.call(`GET ${path}`, { as })
        if (leaks(alice, answer) || !refused(answer, 'or alarmed'))
          return broken(`${as.name} read alice's invoice`, answer)
      }
    }
    return HELD
  },
})

export const change = (who: Attackers): Api1 => ({
  number: 2,
  title: `changing another's object, by ${who.name}`,
  async run(target) {
    const own = await target.invoice(target.alice)
    control(await target.call(`PATCH ${invoice(own.id)}`, { as: target.alice, body: { total: 1 } }))
    return unchanged(
      target,
      own,
      who.of(target).map((as) => () => target.call(`PATCH ${invoice(own.id)}`, { as, body: { total: 2 } })),
    )
  },
})

export const remove = (who: Attackers): Api1 => ({
  number: 3,
  title: `deleting another's object, by ${who.name}`,
  async run(target) {
    control(await target.call(`DELETE ${invoice((await target.invoice(target.alice)).id)}`, { as: target.alice }))
    const own = await target.invoice(target.alice)
    return unchanged(
      target,
      own,
      who.of(target).map((as) => () => target.call(`DELETE ${invoice(own.id)}`, { as })),
    )
  },
})

const idInQuery: Api1 = {
  number: 4,
  title: "naming another's object in the query",
  async run(target) {
    const { alice, bob } = target.canaries
    control(await target.call('GET /api/v1/invoices', { as: target.bob }))
    for (const query of [
      `id=${alice.id}`,
      `invoice=${alice.id}`,
      `ids=${alice.id}`,
      `after=00000000-0000-4000-8000-000000000000&invoice=${alice.id}`,
    ]) {
      for (const path of ['/api/v1/invoices', invoice(bob.id)]) {
        const answer = await target.call(`GET ${path}?${query}`, { as: target.bob })
        if (leaks(alice, answer, query)) return broken("bob read alice's invoice", answer)
        refused(answer, 'or alarmed')
      }
    }
    return HELD
  },
}

const idInBody: Api1 = {
  number: 5,
  title: "naming another's object in the body",
  async run(target) {
    const own = await target.invoice(target.bob)
    const theirs = await target.invoice(target.alice)
    control(await target.call(`PATCH ${invoice(own.id)}`, { as: target.bob, body: { total: 7 } }))
    const bodies = [
      { id: theirs.id, total: 3 },
      { invoice: theirs.id, total: 3 },
      { where: { id: theirs.id }, total: 3 },
    ]
    return unchanged(
      target,
      theirs,
      bodies.map((body) => () => target.call(`PATCH ${invoice(own.id)}`, { as: target.bob, body })),
    )
  },
}

const idInHeader: Api1 = {
  number: 6,
  title: "naming another's object or self in a header or cookie",
  async run(target) {
    const { alice } = target.canaries
    const names = ['X-User-Id', 'X-Forwarded-User', 'X-Authenticated-User', 'X-Account-Id', 'X-Invoice-Id', 'Cookie']
    for (const name of names) {
      for (const value of [target.alice.userId, alice.id]) {
        const headers = { [name]: name === 'Cookie' ? `userId=${value}; invoice=${value}` : value }
        for (const path of ['/api/v1/invoices', invoice(alice.id)]) {
          const answer = await target.call(`GET ${path}`, { as: target.bob, headers })
          if (leaks(alice, answer)) return broken(`${name} widened what bob reads`, answer)
          if (answer.status >= 300) refused(answer)
        }
      }
    }
    return HELD
  },
}

/** An admin rules over his tenant and no further. */
export const foreignAdmin: Api1 = {
  number: 18,
  title: 'an admin who reaches over the tenant wall',
  async run(target) {
    const { alice, carol } = target.canaries
    control(await target.call(`GET ${invoice(alice.id)}`, { as: target.admin }))
    const answer = await target.call(`GET ${invoice(carol.id)}`, { as: target.admin })
    if (leaks(carol, answer) || !refused(answer, 'or alarmed'))
      return broken("the admin read another tenant's invoice", answer)
    return unchanged(target, carol, [
      () => target.call(`PATCH ${invoice(carol.id)}`, { as: target.admin, body: { total: 3 } }),
    ])
  },
}

const listHolds: Api1 = {
  number: 10,
  title: "a list that holds another's object",
  async run(target) {
    const { alice } = target.canaries
    const own = control(await target.call('GET /api/v1/invoices?limit=100', { as: target.alice }))
    if (!leaks(alice, own)) return broken('the owner does not find his own', own)
    for (const as of strangers(target)) {
      const answer = control(await target.call('GET /api/v1/invoices?limit=100', { as }))
      if (leaks(alice, answer)) return broken(`${as.name} lists alice's invoice`, answer)
    }
    return HELD
  },
}

const filterWidens: Api1 = {
  number: 11,
  title: 'a filter that widens a list',
  async run(target) {
    const { alice } = target.canaries
    for (const query of [
      `userId=${target.alice.userId}`,
      `user_id=${target.alice.userId}`,
      `owner=${target.alice.userId}`,
      `tenantId=${target.alice.tenantId}`,
      'all=true',
      'scope=all',
    ]) {
      for (const as of strangers(target)) {
        const answer = await target.call(`GET /api/v1/invoices?${query}`, { as })
        if (leaks(alice, answer)) return broken(`${as.name} widened the list`, answer)
        if (!refused(answer)) return broken('a parameter that nobody declared passed', answer)
      }
    }
    return HELD
  },
}

const pollution: Api1 = {
  number: 12,
  title: 'a parameter sent twice',
  async run(target) {
    control(await target.call('GET /api/v1/invoices?limit=1', { as: target.bob }))
    for (const query of [
      'limit=1&limit=2',
      `after=${target.canaries.bob.id}&after=${target.canaries.alice.id}`,
      'limit=1&%6Cimit=2',
    ]) {
      const answer = await target.call(`GET /api/v1/invoices?${query}`, { as: target.bob })
      if (!refused(answer)) return broken('a repeated parameter passed', answer)
    }
    return HELD
  },
}

const duplicateKey: Api1 = {
  number: 13,
  title: 'a JSON key sent twice, in both orders',
  async run(target) {
    const own = await target.invoice(target.bob)
    control(await target.call(`PATCH ${invoice(own.id)}`, { as: target.bob, body: '{"total":5}' }))
    const bodies = ['{"total":1,"total":2}', '{"total":2,"total":1}', '{"total":1,"\\u0074otal":2}']
    return unchanged(
      target,
      own,
      bodies.map((body) => () => target.call(`PATCH ${invoice(own.id)}`, { as: target.bob, body })),
    )
  },
}

const wrappedId: Api1 = {
  number: 14,
  title: 'an id wrapped as list, object or wildcard',
  async run(target) {
    const { alice } = target.canaries
    const spellings = [
      '*',
      '%2A',
      '%25',
      `[%22${alice.id}%22]`,
      `%5B${alice.id}%5D`,
      `%7B%22id%22:%22${alice.id}%22%7D`,
      `${target.canaries.bob.id},${alice.id}`,
      `${alice.id},${target.canaries.bob.id}`,
      'null',
      'undefined',
      '-1',
      '0',
    ]
    for (const spelling of spellings) {
      const answer = await target.call(`GET ${invoice(spelling)}`, { as: target.bob })
      if (leaks(alice, answer, spelling) || !refused(answer)) return broken('a wrapped id was taken', answer)
    }
    return HELD
  },
}

const spelledId: Api1 = {
  number: 15,
  title: 'an id in another spelling',
  async run(target) {
    const { alice } = target.canaries
    const { id } = alice
    const spellings = [
      id.toUpperCase(),
      id.replaceAll('-', ''),
      `urn:uuid:${id}`,
      `%7B${id}%7D`,
      `${id}%20`,
      `%20${id}`,
      `${id}%00`,
      `${id}.0`,
      `0${id}`,
      `${id}%0A`,
      `${id}.json`,
      `${id};x=1`,
    ]
    control(await target.call(`GET ${invoice(id)}`, { as: target.alice }))
    for (const spelling of spellings) {
      for (const as of [target.bob, target.carol, target.alice]) {
        const answer = await target.call(`GET ${invoice(spelling)}`, { as })
        if (answer.text.includes(alice.title) || !refused(answer))
          return broken(`${as.name} read it by another spelling`, answer)
      }
    }
    return HELD
  },
}

const childUnderTheirs: Api1 = {
  number: 16,
  title: "creating something under another's object",
  async run(target) {
    const own = await target.invoice(target.alice)
    const route = `POST ${invoice(own.id)}/webhook-test`
    return unchanged(target, own, [
      ...strangers(target).map(
        (as) => () => target.call(`POST ${invoice(own.id)}/pay`, { as, headers: { 'Idempotency-Key': randomUUID() } }),
      ),
      ...strangers(target).map((as) => () => target.call(route, { as, body: { url: 'https://127.0.0.1/' } })),
    ])
  },
}

const shareTheirs: Api1 = {
  number: 16,
  title: "sharing another's object with oneself",
  needs: 'users',
  async run(target) {
    const own = await target.invoice(target.alice)
    for (const as of [target.bob, target.carol]) {
      const answer = await target.call(`POST ${invoice(own.id)}/viewers`, { as, body: { user: as.userId } })
      const denied = refused(answer, 'or alarmed')
      const seen = await target.billing.sharedWith(as.userId, [own.id])
      if (!denied || seen.has(own.id)) return broken(`${as.name} gave himself alice's invoice`, answer)
    }
    control(
      await target.call(`POST ${invoice(own.id)}/viewers`, { as: target.alice, body: { user: target.bob.userId } }),
    )
    return HELD
  },
}

const reassign: Api1 = {
  number: 17,
  title: 'giving an object to somebody else',
  async run(target) {
    const own = await target.invoice(target.bob)
    const held = await unchanged(
      target,
      own,
      [
        { userId: target.alice.userId },
        { tenantId: target.carol.tenantId },
        { owner: target.alice.userId },
        { total: 1, userId: target.alice.userId },
      ].map((body) => () => target.call(`PATCH ${invoice(own.id)}`, { as: target.bob, body })),
    )
    if (held !== HELD) return held
    const answer = await target.call('POST /api/v1/invoices', {
      as: target.bob,
      body: { title: 'planted', total: 1, userId: target.alice.userId },
    })
    const list = control(await target.call('GET /api/v1/invoices?limit=100', { as: target.alice }))
    return refused(answer) && !list.text.includes('planted')
      ? HELD
      : broken("bob planted an invoice in alice's list", answer)
  },
}

const tenantHeader: Api1 = {
  number: 18,
  title: 'naming another tenant in a header',
  async run(target) {
    const { alice } = target.canaries
    for (const name of ['X-Tenant-Id', 'X-Tenant', 'X-Organization-Id', 'X-Scope-OrgID']) {
      for (const path of [invoice(alice.id), '/api/v1/invoices?limit=100']) {
        const answer = await target.call(`GET ${path}`, {
          as: target.carol,
          headers: { [name]: target.alice.tenantId },
        })
        if (leaks(alice, answer)) return broken(`${name} opened the tenant wall`, answer)
        if (answer.status >= 300) refused(answer)
      }
    }
    return HELD
  },
}

/** Requests that name an object, each with a body that its owner could send. */
const naming: readonly (readonly [
  method: string,
  below: string,
  options: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
])[] = [
  ['GET', '', {}],
  ['HEAD', '', {}],
  ['PATCH', '', { body: { total: 9 } }],
  ['DELETE', '', {}],
  ['POST', '/pay', { headers: { 'Idempotency-Key': 'a-key-of-mine' } }],
  ['POST', '/webhook-test', { body: { url: 'https://127.0.0.1/' } }],
]

const oracle: Api1 = {
  number: 19,
  title: 'a denial that differs from a miss, in status, body, header names or their order',
  async run(target) {
    const { alice } = target.canaries
    for (const as of strangers(target)) {
      for (const [method, below, options] of naming) {
        const denied = await target.call(`${method} ${invoice(alice.id)}${below}`, { as, ...options })
        const missed = await target.call(`${method} ${invoice(randomUUID())}${below}`, { as, ...options })
        if (!refused(denied) || denied.status !== 404 || !sameAnswer(denied, missed))
          return broken(
            `${as.name} can tell that it exists (a miss: ${missed.status} ${missed.headerNames.join(' ')})`,
            denied,
          )
      }
    }
    return HELD
  },
}

const guessableIds: Api1 = {
  number: 20,
  title: 'ids that can be guessed',
  async run(target) {
    const ids = await Promise.all(Array.from({ length: 8 }, () => target.invoice(target.alice)))
    const random = ids.every(({ id }) =>
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id),
    )
    return random && new Set(ids.map(({ id }) => id.slice(0, 8))).size === ids.length
      ? HELD
      : broken(`ids: ${ids.map(({ id }) => id).join(', ')}`)
  },
}

const identityInInput: Api1 = {
  number: 1,
  title: 'identity fields in body and query change who the caller is (lesson 1)',
  async run(target) {
    const { alice } = target.canaries
    for (const name of ['userId', 'user_id', 'sub', 'principal', 'as', 'accountId']) {
      const made = await target.call('POST /api/v1/invoices', {
        as: target.bob,
        body: { title: 'identity', total: 1, [name]: target.alice.userId },
      })
      if (succeeded(made) && (await target.stored(made.json.id))?.userId !== target.bob.userId)
        return broken('the body named the caller', made)
      const listed = await target.call(`GET /api/v1/invoices?${name}=${target.alice.userId}`, { as: target.bob })
      if (leaks(alice, listed)) return broken('the query named the caller', listed)
    }
    return HELD
  },
}

export const api1: readonly Api1[] = [
  read(anyStranger),
  change(anyStranger),
  remove(anyStranger),
  idInQuery,
  idInBody,
  idInHeader,
  listHolds,
  filterWidens,
  pollution,
  duplicateKey,
  wrappedId,
  spelledId,
  childUnderTheirs,
  shareTheirs,
  reassign,
  tenantHeader,
  foreignAdmin,
  oracle,
  guessableIds,
  identityInInput,
]
