import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { any, endpoint, owns, related, role } from 'turnpike'
import { external } from 'turnpike/identity'
import { serve } from 'turnpike/server'
import { memoryState } from 'turnpike/stores/memory'
import { invoices } from '../../examples/billing/invoices.ts'
import { memoryBilling, memoryTables } from '../../examples/billing/memory-billing.ts'
import {
  AUDIENCE,
  benchLog,
  type Call,
  type Contender,
  ISSUER,
  invoiceOf,
  PATH,
  type Running,
  tokenFor,
} from './contender.ts'
import { measuredApi, SERVED } from './turnpike.ts'

/** How much of what grows in the life of an API is there before the first request. */
interface Size {
  readonly limitKeys: number
  readonly endpoints: number
  readonly people: number
}

const SMALL: Size = { limitKeys: 10, endpoints: 10, people: 10 }

/** One thing grows, the rest stays small. Compared within a group. */
export const SCALE_GROUPS: Readonly<Record<string, readonly Contender[]>> = {
  'limit keys': [10, 1000, 100_000].map((limitKeys) => sized('limit-keys', limitKeys, { ...SMALL, limitKeys })),
  'endpoints of the API': [10, 100, 1000].map((endpoints) => sized('endpoints', endpoints, { ...SMALL, endpoints })),
  'people seen, one invoice each': [10, 1000, 100_000].map((people) => sized('people', people, { ...SMALL, people })),
}

function sized(what: string, count: number, size: Size): Contender {
  return { name: `${what}-${count}`, title: count.toLocaleString('en'), guarded: true, start: () => start(size) }
}

const TENANT = randomUUID()
/** Callers that take turns. More would measure signature checks: the cache of verified tokens holds 10,000. */
const MAX_CALLERS = 1000
const DAY_SECONDS = 86_400

async function start({ limitKeys, endpoints, people }: Size): Promise<Running> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const state = memoryState()
  const tables = memoryTables()
  const context = { billing: memoryBilling(tables) }
  for (let index = 0; index < limitKeys; index++) {
    await state.admission.admit([{ key: `bench:${index}`, limit: 100, windowSeconds: DAY_SECONDS, cost: 1 }], null)
  }
  const calls: Call[] = []
  for (let index = 0; index < people; index++) {
    const id = randomUUID()
    const invoice = invoiceOf(id, TENANT)
    tables.invoices.set(invoice.id, invoice)
    await state.revocations.setDisabled(`${ISSUER} ${id}`, false)
    if (index < MAX_CALLERS) {
      calls.push({ path: `${PATH}/${invoice.id}`, token: await tokenFor(id, TENANT, 'EdDSA', privateKey) })
    }
  }
  const stranger = await tokenFor(randomUUID(), TENANT, 'EdDSA', privateKey)
  // Served only now: a server whose event loop was held up by the filling would shed load.
  const { url, close } = await serve(measuredApi(fillers(endpoints)), {
    ...SERVED,
    adapter: 'node',
    state,
    ownsState: true,
    identity: issuer(publicKey),
    log: benchLog(),
    context: () => context,
  })
  return { port: Number(new URL(url).port), calls, stranger, close }
}

function issuer(publicKey: KeyObject) {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kty: 'OKP', alg: 'EdDSA', use: 'sig', kid: 'bench' }
  return external({
    jwt: { alg: 'EdDSA', jwks: { keys: [jwk] }, issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' },
    principal: (claims) => ({ id: String(claims.sub), tenant: TENANT, roles: ['user'] }),
  })
}

/** Endpoints like the measured one, beside it. */
function fillers(count: number) {
  return Array.from({ length: count }, (_, index) =>
    endpoint(`GET /api/v1/filler-${index}/:invoice`, {
      summary: `Read one invoice (${index})`,
      params: { invoice: invoices },
      access: any(owns('invoice'), related('viewer', 'invoice'), role('admin')),
      limit: '100/minute',
      reply: invoices.view,
      handle: ({ invoice }) => invoice,
    }),
  )
}
