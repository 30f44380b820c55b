import { randomUUID } from 'node:crypto'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import { fastify } from 'fastify'
import {
  type AccessFacts,
  AUDIENCE,
  benchLog,
  type Contender,
  HELMET,
  handmadeWorld,
  ISSUER,
  MAX_REQUESTS_A_MINUTE,
  ORIGIN,
  PATH,
} from './contender.ts'
import { INVOICE_SCHEMA, PARAMS_SCHEMA } from './invoice-schema.ts'

interface Claims {
  readonly sub: string
  readonly tenant: string
  readonly roles: readonly string[]
}

const pluginsContender = (name: string, title: string, cache: boolean): Contender => ({
  name,
  title,
  guarded: true,
  start: () => start(cache),
})

/** The endpoint as teams assemble it on Fastify. The library's own default: every token is verified on every request. */
export const fastifyPlugins = pluginsContender(
  'plugins',
  'Fastify 5, @fastify/helmet, cors, rate-limit, jwt (EdDSA, no cache)',
  false,
)
export const fastifyPluginsCached = pluginsContender('plugins-cache', 'the same, jwt cache on', true)

async function start(cache: boolean) {
  const log = benchLog()
  const { publicKey, invoices, viewers, calls, stranger } = await handmadeWorld('EdDSA')
  const find = async (id: string) => invoices.get(id)
  const app = fastify({ genReqId: () => randomUUID() })
  await app.register(helmet, {
    ...HELMET,
    contentSecurityPolicy: { ...HELMET.contentSecurityPolicy, directives: mutable() },
  })
  await app.register(cors, { origin: [ORIGIN], methods: ['GET'] })
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
  await app.register(jwt, {
    secret: { public: pem },
    verify: { algorithms: ['EdDSA'], allowedIss: ISSUER, allowedAud: AUDIENCE, cache: cache ? 10_000 : false },
  })
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store')
    await request.jwtVerify()
  })
  await app.register(rateLimit, {
    max: MAX_REQUESTS_A_MINUTE,
    timeWindow: '1 minute',
    hook: 'preHandler',
    enableDraftSpec: true,
    keyGenerator: (request) => (request.user as Claims).sub,
  })
  app.addHook('onResponse', async (request, reply) => {
    const facts: AccessFacts = {
      requestId: request.id,
      method: request.method,
      path: request.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      principal: (request.user as Claims | undefined)?.sub ?? '',
    }
    log.info(facts, 'request')
  })
  app.get<{ Params: { invoice: string } }>(
    `${PATH}/:invoice`,
    { schema: { params: PARAMS_SCHEMA, response: { 200: INVOICE_SCHEMA } } },
    async (request, reply) => {
      const user = request.user as Claims
      const invoice = await find(request.params.invoice)
      const mine =
        invoice?.tenantId === user.tenant &&
        (invoice.userId === user.sub || user.roles.includes('admin') || viewers.get(invoice.id)?.has(user.sub) === true)
      return mine ? invoice : reply.code(404).send()
    },
  )
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port), calls, stranger, close: () => app.close() }
}

/** The plugin's types want arrays that it may change. */
function mutable(): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(HELMET.contentSecurityPolicy.directives).map(([name, sources]) => [name, [...sources]]),
  )
}
