import { randomUUID } from 'node:crypto'
import { control } from './attack.ts'
import type { CallOptions, Target } from './harness.ts'
import type { Person } from './people.ts'

/** A request of an operation with input that its owner could send. */
export interface Prepared {
  readonly path: string
  readonly options?: Omit<CallOptions, 'as'>
}

/** Whose object the path names: alice's, made for this request, so that what destroys it destroys nothing else. */
type Prepare = (target: Target, owner: Person) => Promise<Prepared> | Prepared

const onInvoice =
  (below = '', options: Prepared['options'] = {}): Prepare =>
  async (target, owner) => ({ path: `/api/v1/invoices/${(await target.invoice(owner)).id}${below}`, options })
const onUser =
  (options: Prepared['options'] = {}): Prepare =>
  (_, owner) => ({ path: `/api/v1/users/${owner.userId}`, options })
const at =
  (path: string, options: () => Prepared['options'] = () => ({})): Prepare =>
  () => ({ path, options: options() ?? {} })
const somebody = () => `somebody-${randomUUID()}@example.com`

/** Every operation of the demo. A test watches that none is missing. */
export const OPERATIONS: Readonly<Record<string, Prepare>> = {
  'POST /api/v1/auth/register': at('/api/v1/auth/register', () => ({
    body: { email: somebody(), password: 'Aa1-correct-horse', name: 'New Person', age: 30 },
  })),
  'POST /api/v1/auth/login': (_, { email, password }) => ({
    path: '/api/v1/auth/login',
    options: { body: { email, password } },
  }),
  'POST /api/v1/auth/refresh': async (target, owner) => ({
    path: '/api/v1/auth/refresh',
    options: { body: { refreshToken: (await target.login(owner)).refreshToken } },
  }),
  'POST /api/v1/auth/logout': at('/api/v1/auth/logout'),
  'POST /api/v1/auth/logout-everywhere': at('/api/v1/auth/logout-everywhere'),
  'GET /api/v1/me': at('/api/v1/me'),
  'GET /.well-known/jwks.json': at('/.well-known/jwks.json'),
  'POST /api/v1/api-keys': at('/api/v1/api-keys', () => ({
    body: { name: 'made by an attack', scopes: ['invoices:read'] },
  })),
  'GET /api/v1/api-keys': at('/api/v1/api-keys'),
  'DELETE /api/v1/api-keys/:apiKey': async (target, owner) => {
    const made = control(
      await target.call('POST /api/v1/api-keys', { as: owner, body: { name: 'to revoke', scopes: [] } }),
    )
    return { path: `/api/v1/api-keys/${made.json.apiKey.id}` }
  },
  'GET /api/v1/sessions': at('/api/v1/sessions'),
  'DELETE /api/v1/sessions/:session': async (target, owner) => {
    const { accessToken } = await target.login(owner)
    const listed = control(
      await target.call('GET /api/v1/sessions', { headers: { authorization: `Bearer ${accessToken}` } }),
    )
    return { path: `/api/v1/sessions/${listed.json.items.find(({ current }: { current: boolean }) => current).id}` }
  },
  'POST /api/v1/auth/logout-others': at('/api/v1/auth/logout-others'),
  'POST /api/v1/me/password': (_, { password }) => ({
    path: '/api/v1/me/password',
    options: { body: { currentPassword: password, newPassword: password } },
  }),
  'GET /api/v1/users': at('/api/v1/users'),
  'GET /api/v1/users/search': (_, { email }) => ({ path: `/api/v1/users/search?email=${encodeURIComponent(email)}` }),
  'GET /api/v1/users/:user': onUser(),
  'PATCH /api/v1/users/:user': onUser({ body: { age: 35 } }),
  'DELETE /api/v1/users/:user': onUser(),
  'POST /api/v1/invoices': at('/api/v1/invoices', () => ({ body: { title: 'made by an attack', total: 1 } })),
  'GET /api/v1/invoices': at('/api/v1/invoices'),
  'GET /api/v1/invoices/:invoice': onInvoice(),
  'PATCH /api/v1/invoices/:invoice': onInvoice('', { body: { total: 7 } }),
  'DELETE /api/v1/invoices/:invoice': onInvoice(),
  'POST /api/v1/invoices/:invoice/viewers': async (target, owner) => ({
    path: `/api/v1/invoices/${(await target.invoice(owner)).id}/viewers`,
    options: { body: { user: owner.userId } },
  }),
  'DELETE /api/v1/invoices/:invoice/viewers': async (target, owner) => ({
    path: `/api/v1/invoices/${(await target.invoice(owner)).id}/viewers?user=${owner.userId}`,
  }),
  'POST /api/v1/invoices/:invoice/pay': async (target, owner) => ({
    path: `/api/v1/invoices/${(await target.invoice(owner)).id}/pay`,
    options: { headers: { 'Idempotency-Key': randomUUID() } },
  }),
  'POST /api/v1/invoices/:invoice/webhook-test': onInvoice('/webhook-test', { body: { url: 'https://127.0.0.1/' } }),
  'GET /api/v0/invoices/:invoice': async (target, owner) => ({
    path: `/api/v0/invoices/${(await target.invoice(owner)).id}`,
  }),
}
