import { trial } from 'turnpike/drill'
import { local } from 'turnpike/identity'
import { billing, scopesOf } from './api.ts'
import { memoryBilling, memoryTables } from './memory-billing.ts'
import { profile } from './users.ts'

const ACME = '7d1c1f0e-5a0b-4c7e-9d4e-1f6a3b2c4d5e'
const GLOBEX = 'c2b8a6f4-3e2d-4b1a-8c9d-0e1f2a3b4c5d'

const person = (name: string, tenantId = ACME) => ({
  name,
  kind: 'user' as const,
  tenantId,
  profile: { name: 'Some Body', age: 40 },
})

/** The demo in memory, for `turnpike prove` and `turnpike drill`. */
const billingTrial = trial({
  api: billing,
  open: ({ tokenKeys }) => {
    const tables = memoryTables()
    return {
      identity: local({
        issuer: 'https://billing.example',
        audience: 'billing',
        tokenKeys,
        passwordPolicy: 'composition',
        // The cheapest that is allowed: these people live for seconds.
        passwordHash: { algorithm: 'argon2id', passes: 1 },
        profile,
        scopes: scopesOf,
      }),
      context: () => ({ billing: memoryBilling(tables) }),
      people: [
        person('alice'),
        person('bob'),
        person('carol', GLOBEX),
        { ...person('admin'), kind: 'admin', roles: ['admin', 'billing'] },
        // Reads invoices of the tenant, and no card number.
        { ...person('clerk'), kind: 'admin', roles: ['admin'] },
        ...Array.from({ length: 16 }, (_, index) => ({ ...person(`spare${index}`), spare: true })),
      ],
    }
  },
})

export { billing as default, billingTrial as trial }
