import { resource } from '../contract/resource.ts'
import { apiKeyFields } from './api-key-fields.ts'
import type {} from './service.ts'

/** API keys as a resource of their owner. The secret is not a field of it: it is shown once, when the key is made. */
export const apiKeyResource = resource('apiKey', {
  schema: apiKeyFields,
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  fields: {
    id: { write: false },
    ownerId: { write: false },
    tenantId: { write: false },
    createdAt: { write: false },
    revokedAt: { write: false },
    lastUsedAt: { write: false },
  },
  find: (ids, { identity, principal }) => identity.apiKeys.byIds(ids, principal),
})
