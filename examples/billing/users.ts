import { any, endpoint, nothing, owns, page, pageQuery, role, signedIn } from 'turnpike'
import { userResource } from 'turnpike/identity'
import { z } from 'zod'

/** What the demo knows of a person beside e-mail and password. */
export const profile = z.strictObject({
  // Trimmed first: trimming last would let two spaces through.
  name: z.string().trim().min(2).max(50).regex(/^[a-zA-Z\s'-]+$/),
  age: z.int().min(13).max(120),
})

export const users = userResource({ profile, refer: signedIn })

const listUsers = endpoint('GET /api/v1/users', {
  summary: 'List the users of the tenant',
  query: pageQuery(z.uuid()),
  access: role('admin'),
  limit: '100/minute',
  reply: page(users.view),
  handle: ({ query }, { identity, principal }) => identity.users.list({ after: query.after ?? null, limit: query.limit }, principal),
})
void [any, endpoint, nothing, owns, listUsers]
