import { randomUUID } from 'node:crypto'
import { fastify } from 'fastify'
import { type AccessFacts, benchLog, type Contender, type Invoice, invoiceOf, PATH } from './contender.ts'
import { INVOICE_SCHEMA, PARAMS_SCHEMA } from './invoice-schema.ts'

/** Fastify with schemas for parameters and reply and one access line, and nothing that protects: what the host itself costs. */
export const bareFastify: Contender = {
  name: 'bare',
  title: 'Fastify 5 with schemas, no protection',
  guarded: false,
  start: () => start(() => {}),
}

const SPIN_MICROSECONDS = 20

/** Bare Fastify that wastes a known time on each request: what the bench shows for it tells how true its other figures are. */
export const spinningFastify: Contender = {
  name: 'spin',
  title: `the same, spinning ${SPIN_MICROSECONDS} µs a request (control)`,
  guarded: false,
  start: () => start(spin),
}

function spin(): void {
  const end = process.hrtime.bigint() + BigInt(SPIN_MICROSECONDS * 1000)
  while (process.hrtime.bigint() < end);
}

async function start(extra: () => void) {
  const log = benchLog()
  const invoice = invoiceOf(randomUUID(), randomUUID())
  const invoices = new Map<string, Invoice>([[invoice.id, invoice]])
  const find = async (id: string) => invoices.get(id)
  const app = fastify({ genReqId: () => randomUUID() })
  app.addHook('onResponse', async (request, reply) => {
    const facts: AccessFacts = {
      requestId: request.id,
      method: request.method,
      path: request.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      principal: '',
    }
    log.info(facts, 'request')
  })
  app.get<{ Params: { invoice: string } }>(
    `${PATH}/:invoice`,
    { schema: { params: PARAMS_SCHEMA, response: { 200: INVOICE_SCHEMA } } },
    async (request, reply) => {
      extra()
      return (await find(request.params.invoice)) ?? reply.code(404).send()
    },
  )
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: Number(new URL(url).port),
    calls: [{ path: `${PATH}/${invoice.id}`, token: null }],
    stranger: null,
    close: () => app.close(),
  }
}
