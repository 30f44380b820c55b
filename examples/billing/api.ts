import { api } from 'turnpike'
import { identityEndpoints } from 'turnpike/identity'
import { invoiceEndpoints } from './invoices.ts'
import { profile, userEndpoints, users } from './users.ts'

/** The demo's own scopes for API keys. */
export const scopes = ['invoices:read', 'invoices:write'] as const

/** What people of these roles may do by scope, and may give to their keys. The demo's admin runs the server too. */
export const scopesOf = (roles: readonly string[]): readonly string[] =>
  roles.includes('admin') ? [...scopes, 'inventory:read', 'metrics:read'] : scopes

/** The contract of the demo. Importing it opens nothing: review, docs, matrix and tests read it. */
export const billing = api({
  title: 'Billing',
  version: '1.0.0',
  description: 'Invoices of several tenants: created, shared, paid.',
  publicDocs: true,
  endpoints: [...identityEndpoints({ prefix: '/api/v1', profile, users }).all, ...userEndpoints, ...invoiceEndpoints],
})

export { billing as default }
