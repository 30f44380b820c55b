import { any, endpoint, nothing, owns, page, pageQuery, role, type StoredRow, signedIn } from 'turnpike'
import { userResource } from 'turnpike/identity'
import { z } from 'zod'

/** What the demo knows of a person beside e-mail and password. */
export const profile = z.strictObject({
  // Trimmed first: trimming last would let two spaces through.
  name: z
    .string()
    .trim()
    .min(2)
    .max(50)
    .regex(/^[a-zA-Z\s'-]+$/),
  age: z.int().min(13).max(120),
})

/** A user reads himself, an admin the users of his tenant; anybody may name a colleague, to share an invoice with. */
export const users = userResource({ profile, refer: signedIn })
type UserRow = StoredRow<typeof users>

const listUsers = endpoint('GET /api/v1/users', {
  summary: 'List the users of the tenant',
  query: pageQuery(z.uuid()),
  access: role('admin'),
  limit: '100/minute',
  reply: page(users.view),
  handle: ({ query }, { identity, principal }) =>
    identity.users.list<UserRow>({ after: query.after ?? null, limit: query.limit }, principal),
})

const searchUsers = endpoint('GET /api/v1/users/search', {
  summary: 'Find a user of the tenant by e-mail address',
  query: z.strictObject({ email: z.email().max(254) }),
  access: role('admin'),
  limit: '20/minute',
  reply: page(users.view, 1),
  handle: async ({ query }, { identity, principal }) => {
    const found = await identity.users.byEmail<UserRow>(query.email, principal)
    return { items: found ? [found] : [], next: null }
  },
})

const readUser = endpoint('GET /api/v1/users/:user', {
  summary: 'Read a user',
  params: { user: users },
  access: any(owns('user'), role('admin')),
  limit: '100/minute',
  reply: users.view,
  handle: ({ user }) => user,
})

const updateUser = endpoint('PATCH /api/v1/users/:user', {
  summary: 'Change a user',
  params: { user: users },
  body: z.strictObject({ name: profile.shape.name.optional(), age: profile.shape.age.optional() }),
  access: any(owns('user'), role('admin')),
  limit: '30/minute',
  reply: users.view,
  handle: ({ user, body }, context) => context.identity.users.update<UserRow>(user.id, body, context),
})

const removeUser = endpoint('DELETE /api/v1/users/:user', {
  summary: 'Delete a user with sessions, keys and everything sealed',
  params: { user: users },
  access: any(owns('user'), role('admin')),
  limit: '10/minute',
  reply: nothing,
  handle: ({ user }, context) => context.identity.users.remove(user.id, context),
})

export const userEndpoints = [listUsers, searchUsers, readUser, updateUser, removeUser]
