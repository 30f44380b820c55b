import { type Attack, broken, control, HELD, refused } from '../attack.ts'
import type { Target } from '../harness.ts'
import { bearer, type Caller } from '../people.ts'

type Api2 = Attack<Target>

const LIST = 'GET /api/v1/invoices'
const DAY_MILLISECONDS = 86_400_000

async function makeKey(target: Target, body: object): Promise<{ readonly id: string; readonly key: string }> {
  const made = control(
    await target.call('POST /api/v1/api-keys', { as: target.alice, body: { name: 'attack', ...body } }),
  )
  return { id: made.json.apiKey.id, key: made.json.key }
}

const altered: Api2 = {
  number: 22,
  title: 'an API key with another checksum, secret or id, or somewhere else',
  needs: 'users',
  async run(target) {
    const { key } = await makeKey(target, { scopes: ['invoices:read'] })
    const other = await makeKey(target, { scopes: ['invoices:read'] })
    control(await target.call(LIST, { as: bearer(key) }))
    const turn = (at: number) => `${key.slice(0, at)}${key[at] === 'A' ? 'B' : 'A'}${key.slice(at + 1)}`
    const parts = key.split('_')
    const tokens = [
      turn(key.length - 1),
      turn(key.length - 10),
      turn(10),
      `tp_${other.key.split('_')[1]}_${parts[2]}`,
      key.slice(0, -1),
      `${key}A`,
      key.toUpperCase(),
      `tp_${parts[1]}_`,
      'tp__',
    ]
    for (const token of tokens) {
      const answer = await target.call(LIST, { as: bearer(token) })
      if (!refused(answer) || answer.status !== 401) return broken('an altered key was taken', answer)
    }
    for (const headers of [{ 'X-API-Key': key }, { Authorization: `ApiKey ${key}` }, { Cookie: `key=${key}` }]) {
      const answer = await target.call(LIST, { headers })
      if (!refused(answer) || answer.status !== 401) return broken('a key was taken from elsewhere', answer)
    }
    const inQuery = await target.call(`${LIST}?api_key=${key}`)
    return refused(inQuery) ? HELD : broken('a key was taken from the query', inQuery)
  },
}

const revoked: Api2 = {
  number: 42,
  title: 'an API key after it was revoked, however well it is known',
  needs: 'users',
  async run(target) {
    const { id, key } = await makeKey(target, { scopes: ['invoices:read'] })
    control(await target.call(LIST, { as: bearer(key) }))
    control(await target.call(`DELETE /api/v1/api-keys/${id}`, { as: target.alice }))
    const answer = await target.call(LIST, { as: bearer(key) })
    return refused(answer) && answer.status === 401 ? HELD : broken('the revoked key still works', answer)
  },
}

const expired: Api2 = {
  number: 36,
  title: 'an API key after its end',
  needs: 'users',
  async run(target) {
    const { key } = await makeKey(target, { scopes: ['invoices:read'], expiresInDays: 1 })
    target.clock.advance(DAY_MILLISECONDS - 1000)
    control(await target.call(LIST, { as: bearer(key) }), 'the key on its last day')
    target.clock.advance(1000)
    const answer = await target.call(LIST, { as: bearer(key) })
    return refused(answer) && answer.status === 401 ? HELD : broken('the key outlived its end', answer)
  },
}

const beyondOwner: Api2 = {
  number: 41,
  title: 'an API key with a scope that its owner does not hold',
  needs: 'users',
  async run(target) {
    control(
      await target.call('POST /api/v1/api-keys', { as: target.alice, body: { name: 'k', scopes: ['invoices:read'] } }),
    )
    for (const scope of ['inventory:read', 'metrics:read', 'invoices:*', '*', 'admin', 'INVOICES:READ']) {
      const answer = await target.call('POST /api/v1/api-keys', {
        as: target.alice,
        body: { name: 'k', scopes: [scope] },
      })
      if (!refused(answer)) return broken(`a key for ${scope}`, answer)
    }
    return HELD
  },
}

const asUser: Api2 = {
  number: 41,
  title: 'a client’s credential as a user’s session, on endpoints that are not for clients',
  async run(target) {
    const { canaries, alice, readKey, writeKey } = target
    const own = await target.invoice(alice)
    control(await target.call(`GET /api/v1/invoices/${own.id}`, { as: readKey }), 'reading with the key')
    control(
      await target.call(`PATCH /api/v1/invoices/${own.id}`, { as: writeKey, body: { total: 5 } }),
      'writing with the key',
    )
    const forUsers = [
      `DELETE /api/v1/invoices/${own.id}`,
      `POST /api/v1/invoices/${own.id}/pay`,
      `POST /api/v1/invoices/${canaries.alice.id}/webhook-test`,
      ...(target.issuer
        ? []
        : [
            'POST /api/v1/auth/logout',
            'POST /api/v1/auth/logout-everywhere',
            'POST /api/v1/api-keys',
            'GET /api/v1/api-keys',
            'GET /api/v1/me',
            `PATCH /api/v1/users/${alice.userId}`,
          ]),
    ]
    for (const route of forUsers) {
      const answer = await target.call(route, { as: writeKey, headers: { 'Idempotency-Key': 'as-a-client' } })
      if (!refused(answer) || answer.status !== 403) return broken('a client did what is for users', answer)
    }
    control(await target.call(`GET /api/v1/invoices/${own.id}`, { as: alice }), 'her session')
    return HELD
  },
}

const beyondScope: Api2 = {
  number: 41,
  title: 'a client beyond its scopes is told which one it lacks',
  async run(target) {
    const { alice, readKey } = target
    const own = await target.invoice(alice)
    const tries: readonly (readonly [string, Caller])[] = [
      ['POST /api/v1/invoices', readKey],
      [`PATCH /api/v1/invoices/${own.id}`, readKey],
    ]
    for (const [route, as] of tries) {
      const answer = await target.call(route, { as, body: { title: 'x', total: 1 } })
      if (!refused(answer) || answer.json?.code !== 'insufficient_scope') return broken('beyond the scope', answer)
      if (!answer.headers['www-authenticate']?.includes('scope="invoices:write"'))
        return broken('no scope is named', answer)
    }
    return (await target.readsBack(own)).total === 4200 ? HELD : broken('the invoice changed')
  },
}

const limitedKey: Api2 = {
  number: 66,
  title: 'a client at its limit is told so, and not that it is unknown (lesson 32)',
  async run(target) {
    const create = () =>
      target.call('POST /api/v1/invoices', { as: target.writeKey, body: { title: 'x', total: 1 }, patient: false })
    target.clock.advance(61_000)
    for (let calls = 0; calls < 60; calls++) control(await create(), `call ${calls}`)
    const answer = await create()
    return answer.status === 429 ? HELD : broken('another answer than 429', answer)
  },
}

export const keyAttacks: readonly Api2[] = [altered, revoked, expired, beyondOwner, asUser, beyondScope, limitedKey]
