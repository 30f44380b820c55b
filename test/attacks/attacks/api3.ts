import { resourcesIn } from '../../../src/contract/api.ts'
import { schemaOfBody } from '../../../src/contract/body.ts'
import { schemaOfReply } from '../../../src/contract/reply.ts'
import { jsonSchemaOf } from '../../../src/contract/schema.ts'
import { type Attack, broken, control, HELD, Inconclusive, refused, succeeded, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'

type Api3 = Attack<Target>

const CARD = '4111111111111111'
const registration = (more: object, serial: number) => ({
  email: `new-${serial}@example.com`,
  password: 'Aa1-correct-horse',
  name: 'New Person',
  age: 30,
  ...more,
})
let serial = 0
const register = (target: Target, more: object): Promise<Answer> =>
  target.call('POST /api/v1/auth/register', { body: registration(more, serial++) })

/** Sends members that the caller may not set, and looks whether the value arrived. */
async function injected(target: Target, members: readonly Readonly<Record<string, unknown>>[]): Promise<Verdict> {
  const own = await target.invoice(target.alice)
  control(await target.call(`PATCH /api/v1/invoices/${own.id}`, { as: target.alice, body: { total: 11 } }))
  const before = await target.stored(own.id)
  for (const member of members) {
    const made = await target.call('POST /api/v1/invoices', {
      as: target.alice,
      body: { title: 'injected', total: 11, ...member },
    })
    const changed = await target.call(`PATCH /api/v1/invoices/${own.id}`, {
      as: target.alice,
      body: { total: 11, ...member },
    })
    const row = succeeded(made) ? await target.stored(made.json.id) : null
    const arrived = Object.entries(member).some(
      ([name, value]) =>
        row !== null && JSON.stringify((row as unknown as Record<string, unknown>)[name]) === JSON.stringify(value),
    )
    if (arrived) return broken(`${JSON.stringify(member)} was set on create`, made)
    if (JSON.stringify(await target.stored(own.id)) !== JSON.stringify(before))
      return broken(`${JSON.stringify(member)} changed the row`, changed)
    if (!refused(made) || !refused(changed))
      return broken(`${JSON.stringify(member)} was taken in silence`, refused(made) ? changed : made)
  }
  return HELD
}

const roleOnCreate: Api3 = {
  number: 53,
  title: 'a role on registration',
  needs: 'users',
  async run(target) {
    control(await register(target, {}))
    for (const member of [
      { role: 'admin' },
      { roles: ['admin'] },
      { isAdmin: true },
      { admin: true },
      { permissions: ['*'] },
      { scope: 'inventory:read' },
      { tenantId: target.alice.tenantId },
      { disabled: false },
      { id: target.alice.userId },
    ]) {
      const answer = await register(target, member)
      if (!refused(answer)) return broken(`registered with ${JSON.stringify(member)}`, answer)
    }
    return HELD
  },
}

const roleOnUpdate: Api3 = {
  number: 54,
  title: 'a role on update',
  needs: 'users',
  async run(target) {
    const { bob } = target
    const path = `/api/v1/users/${bob.userId}`
    control(await target.call(`PATCH ${path}`, { as: bob, body: { age: 41 } }))
    const members = [
      { roles: ['admin'] },
      { role: 'admin' },
      { isAdmin: true },
      { disabled: true },
      { tenantId: target.carol.tenantId },
      { id: target.alice.userId },
      { createdAt: '2020-01-01T00:00:00Z' },
      { passwordHash: 'x' },
    ]
    for (const member of members) {
      const answer = await target.call(`PATCH ${path}`, { as: bob, body: { age: 41, ...member } })
      const [row] = await target.state.users.byIds([bob.userId])
      if (row?.roles.length !== 0 || row.disabled || row.tenantId !== bob.tenantId)
        return broken(`${JSON.stringify(member)} arrived`, answer)
      if (!refused(answer)) return broken(`${JSON.stringify(member)} was taken in silence`, answer)
    }
    return HELD
  },
}

const ownerOrTenant: Api3 = {
  number: 55,
  title: 'owner and tenant',
  run: (target) =>
    injected(target, [
      { userId: target.bob.userId },
      { ownerId: target.bob.userId },
      { tenantId: target.carol.tenantId },
    ]),
}

const statusOrBalance: Api3 = {
  number: 56,
  title: 'status, price below zero, flags',
  run: (target) =>
    injected(target, [
      { status: 'paid' },
      { paid: true },
      { verified: true },
      { total: -1 },
      { total: 1.5 },
      { total: '11' },
      { total: 1e12 },
    ]),
}

const readOnly: Api3 = {
  number: 57,
  title: 'fields that the server sets',
  run: (target) =>
    injected(target, [{ id: '3f2b8f4e-0c1d-4e5f-8a9b-0c1d2e3f4a5b' }, { createdAt: '2020-01-01T00:00:00.000Z' }]),
}

/** From the contract itself, so that an endpoint that is added is attacked too. */
const seenButNotAccepted: Api3 = {
  number: 58,
  title: 'every field that replies show and the body does not take',
  async run(target) {
    const own = await target.invoice(target.alice)
    const shown = control(await target.call(`GET /api/v1/invoices/${own.id}`, { as: target.alice })).json as Record<
      string,
      unknown
    >
    let tried = 0
    for (const endpoint of target.api.endpoints) {
      const body = schemaOfBody(endpoint.body)
      const [resource] = resourcesIn(schemaOfReply(endpoint.reply), 'output')
      if (body === null || resource?.name !== 'invoice') continue
      const accepted = Object.keys(jsonSchemaOf(body, 'input').properties ?? {})
      for (const name of Object.keys(shown).filter((each) => !accepted.includes(each))) {
        const answer = await target.call(`${endpoint.method} ${endpoint.path.replace(':invoice', own.id)}`, {
          as: target.alice,
          body: { title: own.title, total: 1, [name]: shown[name] },
        })
        tried += 1
        if (!refused(answer)) return broken(`${endpoint.id} takes ${name}`, answer)
      }
    }
    if (tried < 5) throw new Inconclusive(`only ${tried} fields were tried`)
    return HELD
  },
}

const nested: Api3 = {
  number: 59,
  title: 'nested copies of the object',
  run: (target) =>
    injected(target, [
      { invoice: { status: 'paid' } },
      { data: { status: 'paid' } },
      { attributes: { userId: target.bob.userId } },
      { $set: { status: 'paid' } },
    ]),
}

const prototype: Api3 = {
  number: 60,
  title: '__proto__, constructor and prototype, in every depth (lesson 21)',
  async run(target) {
    const own = await target.invoice(target.alice)
    const bodies = [
      '{"total":1,"__proto__":{"status":"paid"}}',
      '{"total":1,"\\u005f_proto__":{"status":"paid"}}',
      '{"total":1,"constructor":{"prototype":{"status":"paid"}}}',
      '{"total":1,"title":{"__proto__":{"admin":true}}}',
      '[{"__proto__":{"admin":true}}]',
    ]
    const before = await target.stored(own.id)
    for (const body of bodies) {
      const answer = await target.call(`PATCH /api/v1/invoices/${own.id}`, { as: target.alice, body })
      if (!refused(answer)) return broken('a prototype was taken', answer)
    }
    for (const query of [
      '__proto__=1',
      '__proto__[admin]=true',
      'constructor=1',
      'constructor.prototype=1',
      'limit[__proto__]=1',
    ]) {
      const answer = await target.call(`GET /api/v1/invoices?${query}`, { as: target.alice })
      if (!refused(answer)) return broken('a prototype was taken', answer)
    }
    const clean =
      ({} as { admin?: unknown; status?: unknown }).admin === undefined &&
      ({} as { status?: unknown }).status === undefined
    return clean && JSON.stringify(await target.stored(own.id)) === JSON.stringify(before)
      ? HELD
      : broken('a prototype was polluted')
  },
}

const secretsInReplies: Api3 = {
  number: 62,
  title: 'secrets in replies, by name or by shape',
  async run(target) {
    const own = await target.invoice(target.alice)
    await target.billing.share(
      { id: own.id, userId: target.alice.userId, tenantId: target.alice.tenantId },
      target.bob.userId,
    )
    const shared = control(await target.call(`GET /api/v1/invoices/${own.id}`, { as: target.bob }))
    if (shared.text.includes(CARD)) return broken('a card number in clear for a viewer', shared)
    for (const answer of target.answers) {
      const found =
        /"(?:password|passwordHash|secretHash|hash|salt|cvv|pin)"|\$argon2|\$2[aby]\$|-----BEGIN|turnpike_canary/i.exec(
          answer.text,
        )
      if (found) return broken(`${found[0]} in a reply`, answer)
    }
    return HELD
  },
}

const writeOnly: Api3 = {
  number: 63,
  title: 'a password that comes back',
  needs: 'users',
  async run(target) {
    const made = control(await register(target, {}))
    const answers = [
      made,
      control(await target.call('GET /api/v1/me', { as: target.alice })),
      control(await target.call('GET /api/v1/users?limit=100', { as: target.admin })),
    ]
    const told = answers.find(({ text }) => text.includes('Aa1-'))
    return told ? broken('a password came back', told) : HELD
  },
}

export const masked: Api3 = {
  number: 64,
  title: 'fields for the owner, shown to a viewer or to a client without the role',
  async run(target) {
    const own = await target.invoice(target.alice)
    await target.billing.share(
      { id: own.id, userId: target.alice.userId, tenantId: target.alice.tenantId },
      target.bob.userId,
    )
    if (control(await target.call(`GET /api/v1/invoices/${own.id}`, { as: target.alice })).json.cardNumber !== CARD)
      throw new Inconclusive('the owner does not see the card number')
    for (const path of [`/api/v1/invoices/${own.id}`, `/api/v0/invoices/${own.id}`, '/api/v1/invoices?limit=100']) {
      const answer = control(await target.call(`GET ${path}`, { as: target.bob }))
      const rows = answer.json.items ?? [answer.json]
      const row = rows.find(({ id }: { id: string }) => id === own.id)
      if (row === undefined) throw new Inconclusive('the viewer does not find what was shared')
      if (row.cardNumber !== '**** **** **** 1111') return broken('the card number is not masked', answer)
    }
    return HELD
  },
}

const fieldSelection: Api3 = {
  number: 65,
  title: 'fields=, expand= and include= that widen a reply',
  async run(target) {
    const { bob } = target.canaries
    const plain = control(await target.call(`GET /api/v1/invoices/${bob.id}`, { as: target.bob }))
    for (const query of [
      'fields=*',
      'fields=cardNumber,userId',
      'expand=user',
      'include=payments',
      'select=*',
      'view=full',
      '_fields=password',
    ]) {
      const answer = await target.call(`GET /api/v1/invoices/${bob.id}?${query}`, { as: target.bob })
      if (!refused(answer) && answer.text.length > plain.text.length) return broken('the reply was widened', answer)
    }
    return HELD
  },
}

export const api3: readonly Api3[] = [
  roleOnCreate,
  roleOnUpdate,
  ownerOrTenant,
  statusOrBalance,
  readOnly,
  seenButNotAccepted,
  nested,
  prototype,
  secretsInReplies,
  writeOnly,
  masked,
  fieldSelection,
]
