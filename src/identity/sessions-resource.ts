import { resource } from '../contract/resource.ts'
import type {} from './service.ts'
import { sessionFields } from './session-fields.ts'

/** Sessions as a resource of whoever signed in (ASVS 7.5.2). Nothing of it is written but its end. */
export const sessionResource = resource('session', {
  schema: sessionFields,
  id: 'id',
  owner: 'userId',
  tenant: 'tenantId',
  fields: {
    id: { write: false },
    userId: { write: false },
    tenantId: { write: false },
    device: { write: false },
    addressPrefix: { write: false },
    createdAt: { write: false },
    lastUsedAt: { write: false },
    expiresAt: { write: false },
    authenticatedAt: { write: false },
    factors: { write: false },
    current: { write: false },
  },
  find: (ids, { identity, principal }) => identity.sessions.byIds(ids, principal),
})
