import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Api, api, type Endpoint, parseLimit } from 'turnpike'
import { generateTokenKeys, local } from 'turnpike/identity'
import { type ServeOptions, serve } from 'turnpike/server'
import { embedded } from 'turnpike/stores/embedded'
import { memoryState } from 'turnpike/stores/memory'
import { billing } from '../../examples/billing/api.ts'
import type { InvoiceRow } from '../../examples/billing/billing.ts'
import { memoryBilling, memoryTables } from '../../examples/billing/memory-billing.ts'
import { migrations } from '../../examples/billing/migrations.ts'
import { sqlBilling, type Tables } from '../../examples/billing/sql-billing.ts'
import { profile } from '../../examples/billing/users.ts'
import {
  AUDIENCE,
  benchLog,
  type Contender,
  ISSUER,
  invoiceOf,
  MAX_REQUESTS_A_MINUTE,
  ORIGIN,
  PATH,
  type Running,
} from './contender.ts'

type Host = 'fastify' | 'node'

export const turnpikeMemory: Contender = {
  name: 'turnpike',
  title: 'Turnpike, memory, Fastify host',
  guarded: true,
  start: () => startOnMemory('fastify'),
}

export const turnpikeMemoryNode: Contender = {
  name: 'turnpike-node',
  title: 'Turnpike, memory, node:http host',
  guarded: true,
  start: () => startOnMemory('node'),
}

export const turnpikeEmbedded: Contender = {
  name: 'turnpike-pglite',
  title: 'Turnpike, PGlite with row-level security, Fastify host',
  guarded: true,
  start: startOnEmbedded,
}

/** The measured endpoint's limit as the demo has it, but too wide to be met; it is counted in the same way (GCRA). */
export function widened(endpoint: Endpoint): Endpoint {
  return { ...endpoint, limit: parseLimit(`${MAX_REQUESTS_A_MINUTE}/minute`) }
}

/** The demo's contract, all of its endpoints. */
export function measuredApi(more: readonly Endpoint[] = []): Api {
  const endpoints = billing.endpoints.map((endpoint) =>
    endpoint.id === `GET ${PATH}/:invoice` ? widened(endpoint) : endpoint,
  )
  return api({ title: 'Bench', version: billing.version, publicDocs: true, endpoints: [...endpoints, ...more] })
}

/** What every Turnpike contender is served with. */
export const SERVED = {
  // As in production, but `review` lets memory pass.
  environment: 'test',
  port: 0,
  origins: [ORIGIN],
  addressBucket: { perSecond: 1_000_000, burst: 1_000_000 },
} as const satisfies Partial<ServeOptions>

const TENANT = 'f2b86ad0-6b0e-4bb7-9a35-7f3f1d4b8c11'

async function identity() {
  return local({
    issuer: ISSUER,
    audience: AUDIENCE,
    tokenKeys: await generateTokenKeys(),
    accessTokenSeconds: 3600,
    passwordPolicy: 'composition',
    profile,
    // One tenant: the stranger is held back by the object's owner, not by the wall between tenants.
    tenantFor: () => TENANT,
  })
}

async function startOnMemory(adapter: Host): Promise<Running> {
  const tables = memoryTables()
  const state = memoryState()
  const context = { billing: memoryBilling(tables) }
  const options = { ...SERVED, adapter, state, ownsState: true, identity: await identity(), log: benchLog() }
  const { url, close } = await serve(measuredApi(), { ...options, context: () => context })
  return await withPeople(url, close, async (row) => void tables.invoices.set(row.id, row))
}

async function startOnEmbedded(): Promise<Running> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-bench-'))
  const state = await embedded(folder, { migrations })
  const options = { ...SERVED, folder, state, ownsState: true, identity: await identity(), log: benchLog() }
  const { url, close } = await serve(measuredApi(), {
    ...options,
    context: (principal) => ({ billing: sqlBilling(state.database.as<Tables>(principal)) }),
  })
  const closeAll = async () => {
    await close()
    await rm(folder, { recursive: true, force: true })
  }
  const owner = sqlBilling(state.database.dangerouslyWithoutRowSecurity<Tables>())
  return await withPeople(url, closeAll, (row) => owner.insertInvoice(row))
}

/** Two people who registered and logged in through the API, and an invoice of the first. */
async function withPeople(
  url: string,
  close: () => Promise<void>,
  insert: (row: InvoiceRow) => Promise<void>,
): Promise<Running> {
  const owner = await signUp(url, 'owner@bench.example')
  const stranger = await signUp(url, 'stranger@bench.example')
  const invoice = invoiceOf(owner.id, TENANT)
  await insert(invoice)
  const calls = [{ path: `${PATH}/${invoice.id}`, token: owner.token }]
  return { port: Number(new URL(url).port), calls, stranger: stranger.token, close }
}

async function signUp(url: string, email: string): Promise<{ readonly id: string; readonly token: string }> {
  const password = 'Nimbus-quarry-47-lantern!'
  await call(url, '/api/v1/auth/register', { body: { name: 'Bench', age: 30, email, password } })
  const { accessToken = '' } = await call(url, '/api/v1/auth/login', { body: { email, password } })
  const { id = '' } = await call(url, '/api/v1/me', { token: accessToken })
  return { id, token: accessToken }
}

async function call(
  url: string,
  path: string,
  { body, token }: { readonly body?: object; readonly token?: string },
): Promise<Readonly<Record<string, string>>> {
  const response = await fetch(url + path, {
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Readonly<Record<string, string>>
}
