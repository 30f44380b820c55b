import type { Api } from 'turnpike'
import * as turnpike from 'turnpike'
import { z } from 'zod'

/** What every case may name, beside the language itself. */
const PRELUDE = `
const users = resource('user', {
  schema: z.strictObject({ id: z.uuid(), tenantId: z.uuid(), name: z.string().max(50) }),
  id: 'id', owner: 'id', tenant: 'tenantId', find: () => [],
})
const invoices = resource('invoice', {
  schema: z.strictObject({ id: z.uuid(), userId: z.uuid(), tenantId: z.uuid(), total: z.int().min(0).max(1000) }),
  id: 'id', owner: 'userId', tenant: 'tenantId', parents: { user: 'userId' },
  find: () => [],
})
const open = "anyone('it is a test')"
const ok = plain(z.strictObject({ ok: z.boolean() }), 'it is the same for all')
const handle = () => ({})
const one = (route, config) => api({ title: 'Test', endpoints: [endpoint(route, { summary: 'A test', access: signedIn, limit: '10/minute', reply: nothing, handle, ...config })] })
`

/** Evaluates the source of a contract, as if it stood in a module. Cases are text, so that the printed fix can be put into them. */
export function evaluate(source: string): Api {
  const language: Readonly<Record<string, unknown>> = { z, ...turnpike }
  const make = new Function(...Object.keys(language), `${PRELUDE}\nreturn ${source}`) as (...values: unknown[]) => Api
  return make(...Object.values(language))
}
