import type { Context } from 'turnpike'
import { isLocal } from 'turnpike/identity'
import { type Attack, broken, control, HELD, Inconclusive, refused, succeeded, type Verdict } from '../attack.ts'
import type { Target } from '../harness.ts'
import type { Answer } from '../http-client.ts'
import { bearer, type Caller } from '../people.ts'

type Api5 = Attack<Target>

/** Functions of administrators that are there in every variant, with a text that only their answers hold. */
const ADMIN_ONLY = [
  { path: '/metrics', canary: 'turnpike_canary_total' },
  { path: '/.well-known/turnpike/openapi.json', canary: '"x-turnpike"' },
] as const

const plainCallers = ({ bob, carol, readKey, writeKey }: Target): readonly Caller[] => [bob, carol, readKey, writeKey]

export const plainUser: Api5 = {
  number: 79,
  title: 'an administrative function for everyone else',
  async run(target) {
    for (const { path, canary } of ADMIN_ONLY) {
      if (!control(await target.call(`GET ${path}`, { as: target.admin })).text.includes(canary))
        throw new Inconclusive(`${path} does not hold its canary`)
      for (const as of plainCallers(target)) {
        const answer = await target.call(`GET ${path}`, { as })
        if (answer.text.includes(canary) || !refused(answer)) return broken(`${as.name} called ${path}`, answer)
      }
    }
    return HELD
  },
}

const listUsers: Api5 = {
  number: 79,
  title: 'the list of users, for a user',
  needs: 'users',
  async run(target) {
    for (const path of [
      '/api/v1/users?limit=100',
      `/api/v1/users/search?email=${encodeURIComponent(target.alice.email)}`,
    ]) {
      if (!control(await target.call(`GET ${path}`, { as: target.admin })).text.includes(target.alice.userId))
        throw new Inconclusive('the admin does not find alice')
      for (const as of plainCallers(target)) {
        const answer = await target.call(`GET ${path}`, { as })
        if (
          answer.text.includes(target.alice.email) ||
          answer.text.includes(target.alice.userId) ||
          !refused(answer, 'or alarmed')
        )
          return broken(`${as.name} found alice`, answer)
      }
    }
    return HELD
  },
}

/** Judged by what is shown alone: a list that the database cut down to the caller's own row gives nothing away. */
export const shownInList: Api5 = {
  number: 79,
  title: 'others in the list of users, for a user',
  needs: 'users',
  async run(target) {
    if (
      !control(await target.call('GET /api/v1/users?limit=100', { as: target.admin })).text.includes(
        target.alice.userId,
      )
    )
      throw new Inconclusive('the admin does not find alice')
    const answer = await target.call('GET /api/v1/users?limit=100', { as: target.bob })
    return answer.text.includes(target.alice.userId) ? broken('bob found alice', answer) : HELD
  },
}

export const clientBeyondScope: Api5 = {
  number: 79,
  title: 'an API key beyond its scope',
  async run(target) {
    const { alice } = target.canaries
    control(await target.call(`GET /api/v1/invoices/${alice.id}`, { as: target.readKey }))
    const own = await target.invoice(target.alice)
    const attempts: readonly [Caller, string, unknown][] = [
      [target.readKey, `PATCH /api/v1/invoices/${own.id}`, { total: 1 }],
      [target.readKey, 'POST /api/v1/invoices', { title: 'by key', total: 1 }],
      [target.writeKey, `DELETE /api/v1/invoices/${own.id}`, null],
      [target.writeKey, `GET /api/v0/invoices/${own.id}`, null],
    ]
    const before = await target.stored(own.id)
    for (const [as, route, body] of attempts) {
      const answer = await target.call(route, { as, ...(body === null ? {} : { body }) })
      if (JSON.stringify(await target.stored(own.id)) !== JSON.stringify(before) || !refused(answer))
        return broken(`${as.name} went beyond its scope`, answer)
    }
    return HELD
  },
}

const undeclaredMethod: Api5 = {
  number: 80,
  title: 'methods that were not declared',
  async run(target) {
    const own = await target.invoice(target.alice)
    const declared: Readonly<Record<string, readonly string[]>> = {
      [`/api/v1/invoices/${own.id}`]: ['GET', 'PATCH', 'DELETE', 'HEAD'],
      [`/api/v0/invoices/${own.id}`]: ['GET', 'HEAD'],
      '/api/v1/invoices': ['POST', 'GET', 'HEAD'],
      '/metrics': ['GET', 'HEAD'],
    }
    for (const [path, methods] of Object.entries(declared)) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (each) => !methods.includes(each),
      )) {
        const answer = await target.call(`${method} ${path}`, { as: target.admin })
        const allow = answer.headers.allow?.split(', ').sort().join()
        if (answer.status !== 405 || allow !== [...methods].sort().join())
          return broken(`${method} was answered (Allow: ${allow})`, answer)
      }
      for (const method of ['TRACE', 'PROPFIND', 'LOCK', 'PURGE', 'QUERY']) {
        const answer = await target.call(`${method} ${path}`, { as: target.admin })
        if (![405, 501].includes(answer.status)) return broken(`${method} was answered`, answer)
      }
    }
    if (!(await target.stored(own.id))) return broken('an undeclared method removed the object')
    return HELD
  },
}

const methodOverride: Api5 = {
  number: 81,
  title: 'another method in a header or parameter',
  async run(target) {
    const own = await target.invoice(target.alice)
    const before = JSON.stringify(await target.stored(own.id))
    for (const header of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'X-Original-Method']) {
      for (const [route, body] of [
        [`GET /api/v1/invoices/${own.id}`, null],
        [`POST /api/v1/invoices/${own.id}`, { total: 9 }],
        ['POST /api/v1/invoices', { title: 'override', total: 1 }],
      ] as const) {
        const answer = await target.call(route, {
          as: target.alice,
          headers: { [header]: body === null ? 'DELETE' : 'PATCH' },
          ...(body === null ? {} : { body }),
        })
        if (JSON.stringify(await target.stored(own.id)) !== before) return broken(`${header} chose the method`, answer)
        if (answer.status >= 300) refused(answer)
      }
    }
    for (const route of [
      `GET /api/v1/invoices/${own.id}?_method=DELETE`,
      `POST /api/v1/invoices/${own.id}?_method=DELETE`,
    ]) {
      const answer = await target.call(route, { as: target.alice })
      if (JSON.stringify(await target.stored(own.id)) !== before || !refused(answer))
        return broken('_method chose the method', answer)
    }
    return HELD
  },
}

const headAndOptions: Api5 = {
  number: 82,
  title: 'HEAD and OPTIONS that skip the check',
  async run(target) {
    const { alice } = target.canaries
    control(await target.call(`HEAD /api/v1/invoices/${alice.id}`, { as: target.alice }))
    for (const [path, as] of [
      [`/api/v1/invoices/${alice.id}`, target.bob],
      ['/metrics', target.bob],
      [`/api/v1/invoices/${alice.id}`, target.carol],
    ] as const) {
      const head = await target.call(`HEAD ${path}`, { as })
      const get = await target.call(`GET ${path}`, { as })
      if (
        !refused(head) ||
        head.status !== get.status ||
        head.headers['content-length'] !== get.headers['content-length']
      )
        return broken('HEAD tells more than GET', head)
      const options = await target.call(`OPTIONS ${path}`, { as })
      if (!refused(options) || options.text.includes(alice.title)) return broken('OPTIONS was served', options)
    }
    return HELD
  },
}

/** Spellings of a path that some router, proxy or framework takes for the plain one. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => `${path}/`,
  (path) => `/${path}`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2F'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%2f'),
  (path) => path.replace(/\/(?=[^/]*$)/, '\\'),
  (path) => path.replace(/\/(?=[^/]*$)/, '%5C'),
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase()),
  (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/[a-z]/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `/x/..;${path}`,
  (path) => `${path}/.`,
  (path) => `${path}/x/..`,
  (path) => `${path};x=1`,
  (path) => path.replace(/\/(?=[^/]*$)/, ';x=1/'),
  (path) => `${path}.json`,
  (path) => `${path}%00`,
  (path) => `${path}%20`,
  (path) => `${path}%0A`,
  (path) => `${path}%23`,
  (path) => `${path}#x`,
  (path) => `${path}%3F`,
  (path) => `${path}?`,
  (path) => `${path}??`,
  (path) => `/api/v1${path}`,
  (path) => `http://127.0.0.1${path}`,
  (path) => path.slice(1),
  (path) => path.replace('v1', 'v01'),
  (path) => path.replace('/api/', '/Api/'),
]

/** The policy that matched must be the handler that ran: whoever may not, never gets it; whoever may, gets this object or a refusal. */
const pathSpellings: Api5 = {
  number: 83,
  title: 'other spellings of a guarded path (lesson 5)',
  async run(target) {
    const { alice } = target.canaries
    const guarded: readonly { path: string; canary: string; may: Caller; mayNot: readonly Caller[] }[] = [
      ...ADMIN_ONLY.map((each) => ({ ...each, may: target.admin, mayNot: [target.bob, target.readKey] })),
      {
        path: `/api/v1/invoices/${alice.id}`,
        canary: alice.title,
        may: target.alice,
        mayNot: [target.bob, target.carol],
      },
      {
        path: `/api/v0/invoices/${alice.id}`,
        canary: alice.title,
        may: target.alice,
        mayNot: [target.bob, target.writeKey],
      },
    ]
    for (const { path, canary, may, mayNot } of guarded) {
      if (!control(await target.call(`GET ${path}`, { as: may })).text.includes(canary))
        throw new Inconclusive(`${path} does not hold its canary`)
      for (const spell of SPELLINGS) {
        const spelled = spell(path)
        for (const as of mayNot) {
          const answer = await target.call(`GET ${spelled}`, { as })
          if (answer.text.includes(canary) || !refused(answer))
            return broken(`${as.name} came in by another spelling`, answer)
        }
        const answer = await target.call(`GET ${spelled}`, { as: may })
        const another = answer.status < 300 ? !answer.text.includes(canary) : ![400, 404].includes(answer.status)
        if (another) return broken('another handler ran than the policy spoke of', answer)
      }
    }
    return HELD
  },
}

const rewriteHeaders: Api5 = {
  number: 84,
  title: 'another path in a header',
  async run(target) {
    for (const header of [
      'X-Original-URL',
      'X-Rewrite-URL',
      'X-Original-URI',
      'X-Forwarded-Uri',
      'X-Forwarded-Prefix',
      'X-Override-URL',
    ]) {
      for (const { path, canary } of ADMIN_ONLY) {
        for (const under of ['/api/v1/invoices', '/health', '/nothing']) {
          const answer = await target.call(`GET ${under}`, { as: target.bob, headers: { [header]: path } })
          if (answer.text.includes(canary)) return broken(`${header} chose the path`, answer)
          if (answer.status >= 300) refused(answer)
        }
      }
    }
    return HELD
  },
}

const forgedRole: Api5 = {
  number: 85,
  title: 'a forged role in the token',
  async run(target) {
    const genuine = (await target.bob.credential()) ?? ''
    control(await target.call('GET /api/v1/invoices', { as: bearer(genuine) }))
    const [header = '', payload = '', signature = ''] = genuine.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const admin = encode({
      ...claims,
      roles: ['admin'],
      role: 'admin',
      scope: 'inventory:read metrics:read',
      scopes: ['inventory:read', 'metrics:read'],
    })
    for (const token of [
      `${header}.${admin}.${signature}`,
      `${encode({ alg: 'none' })}.${admin}.`,
      `${header}.${admin}.`,
    ]) {
      for (const { path, canary } of ADMIN_ONLY) {
        const answer = await target.call(`GET ${path}`, { as: bearer(token) })
        if (answer.text.includes(canary) || answer.status !== 401) return broken('a forged role was believed', answer)
      }
    }
    for (const headers of [
      { 'X-Role': 'admin' },
      { 'X-User-Roles': 'admin' },
      { 'X-Admin': 'true' },
      { 'X-Scopes': 'metrics:read' },
    ]) {
      const answer = await target.call('GET /metrics', { as: target.bob, headers: headers as Record<string, string> })
      if (!refused(answer)) return broken('a header gave a role', answer)
    }
    return HELD
  },
}

const otherVersion: Api5 = {
  number: 86,
  title: 'another version of a guarded path',
  async run(target) {
    const { alice } = target.canaries
    control(await target.call(`GET /api/v0/invoices/${alice.id}`, { as: target.alice }))
    const denied = await target.call(`GET /api/v0/invoices/${alice.id}`, { as: target.bob })
    if (denied.text.includes(alice.title) || !refused(denied, 'or alarmed'))
      return broken('version 0 has no guard', denied)
    for (const prefix of ['/api/v0', '/api/v2', '/api', '/v1', '', '/internal', '/admin', '/api/latest', '/api/beta']) {
      for (const path of ['/users', '/invoices', `/invoices/${alice.id}/pay`]) {
        const answer = await target.call(`GET ${prefix}${path}`, { as: target.bob })
        if (answer.text.includes(alice.title) || !refused(answer))
          return broken('a version that nobody declared', answer)
      }
    }
    return HELD
  },
}

const JSON_SPELLINGS = [
  'application/json ',
  'APPLICATION/JSON',
  'application/json;charset=UTF-8',
  'application/json; charset="utf-8"',
  'application/json\t; charset=utf-8',
]
const OTHER_TYPES = [
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/ld+json',
  'application/json; charset=utf-16',
  'application/json, text/plain',
  'application/jsonp',
  'application\\json',
  '',
  'json',
  'application/json;;',
  'application/json x',
]

/** Lesson 6: whatever reaches a handler was validated. */
const contentTypeSwap: Api5 = {
  number: 87,
  title: 'a content type that skips validation (lesson 6)',
  async run(target) {
    const own = await target.invoice(target.alice)
    const before = JSON.stringify(await target.stored(own.id))
    const patch = (type: string, body: string): Promise<Answer> =>
      target.call(`PATCH /api/v1/invoices/${own.id}`, { as: target.alice, headers: { 'Content-Type': type }, body })
    for (const type of [...JSON_SPELLINGS, ...OTHER_TYPES]) {
      for (const body of [
        '{"status":"paid"}',
        '{"total":-5}',
        'status=paid',
        '<status>paid</status>',
        '--x\r\nContent-Disposition: form-data; name="status"\r\n\r\npaid\r\n--x--\r\n',
      ]) {
        const answer = await patch(type, body)
        if (succeeded(answer) || JSON.stringify(await target.stored(own.id)) !== before || !refused(answer))
          return broken(`unvalidated as "${type}"`, answer)
      }
    }
    for (const type of OTHER_TYPES) {
      const answer = await patch(type, '{"total":4200}')
      if (!refused(answer)) return broken(`taken as JSON: "${type}"`, answer)
    }
    return HELD
  },
}

const roleRemoved: Api5 = {
  number: 85,
  title: 'a token that still names a role which was taken away (lesson 25)',
  needs: 'users',
  async run(target): Promise<Verdict> {
    const person = await target.person({ roles: ['admin'] })
    const token = bearer((await person.credential()) ?? '')
    control(await target.call('GET /metrics', { as: token }))
    const { identity } = target.gate
    if (!isLocal(identity)) throw new Inconclusive('there are no users here')
    const context = {
      principal: principalOf(target.admin),
      now: () => new Date(target.clock.now()),
      audit: () => {},
    } as unknown as Context
    await target.state.transaction(() => identity.service.users.setRoles(person.userId, [], context))
    const answer = await target.call('GET /metrics', { as: token })
    return answer.status === 401 ? HELD : broken('the old role still counts', answer)
  },
}

/** The caller as the contract's rules see him. */
export function principalOf({ kind, userId, tenantId, roles, scopes }: Caller) {
  return {
    kind,
    key: userId,
    issuer: '',
    id: userId,
    tenant: kind === 'nobody' ? null : tenantId,
    roles: kind === 'client' ? [] : roles,
    scopes,
    authenticatedAt: null,
    factors: 0,
    sessionId: null,
    tokenId: null,
  }
}

export const api5: readonly Api5[] = [
  plainUser,
  listUsers,
  shownInList,
  clientBeyondScope,
  undeclaredMethod,
  methodOverride,
  headAndOptions,
  pathSpellings,
  rewriteHeaders,
  forgedRole,
  otherVersion,
  contentTypeSwap,
  roleRemoved,
]
