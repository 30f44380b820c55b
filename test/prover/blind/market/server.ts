import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import cors from 'cors'
import express, { type Express } from 'express'
import helmet from 'helmet'
import { allFaults } from './faults.ts'
import { addressOf, answerErrors, type Context, otherMethods, Refusal, send } from './http.ts'
import { imageFetcher } from './images.ts'
import { Limiter } from './limiter.ts'
import { createStore } from './model.ts'
import { adminRoutes } from './routes/admin.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { listingRoutes } from './routes/listings.ts'
import { memberRoutes } from './routes/members.ts'
import { orderRoutes } from './routes/orders.ts'
import { sessionRoutes } from './routes/session.ts'
import { walletRoutes } from './routes/wallet.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { seed } from './seed.ts'

export interface Started {
  readonly url: string
  close(): Promise<void>
}

const webApp = ['https://www.market.example']

function createApp(context: Context): Express {
  const { faults, limiter } = context
  const app = express()
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      xFrameOptions: { action: 'deny' },
    }),
  )
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  const crossOrigin = cors({
    origin: true,
    credentials: true,
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: ['Content-Type', 'X-CSRF-Token'],
    maxAge: 600,
  })
  app.use((req, res, next) => {
    res.vary('Origin')
    const origin = req.get('Origin')
    if (origin !== undefined && (webApp.includes(origin) || faults.has('F26'))) crossOrigin(req, res, next)
    else next()
  })
  app.use((req, _res, next) => {
    limiter.take(`address ${addressOf(req)}`, 3000, 60)
    next()
  })
  app.use(webhookRoutes(context))
  app.use((req, _res, next) => {
    const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
    if (hasBody && req.is('application/json') === false) throw new Refusal('unsupported media type', 415)
    next()
  })
  app.use(express.json({ limit: '64kb' }))
  app
    .route('/health')
    .get((_req, res) => send(res, {}))
    .all(otherMethods)
  app.use(sessionRoutes(context))
  app.use(memberRoutes(context))
  app.use(listingRoutes(context))
  app.use(orderRoutes(context))
  app.use(conversationRoutes(context))
  app.use(walletRoutes(context))
  app.use(adminRoutes(context))
  app.use(() => {
    throw new Refusal('no such path', 404)
  })
  app.use(answerErrors(faults))
  return app
}

/** Listens on 127.0.0.1, a free port. State in memory, fresh at each start. */
export async function start(options: { readonly planted: boolean }): Promise<Started> {
  const faults = options.planted ? allFaults() : new Set<string>()
  const store = createStore()
  await seed(store)
  const images = imageFetcher({ publicOnly: !faults.has('F24') })
  const app = createApp({
    store,
    faults,
    limiter: new Limiter(),
    fetchImage: images.fetchImage,
    carrierSecret: randomBytes(32).toString('hex'),
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.requestTimeout = 15_000
  server.headersTimeout = 10_000
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await images.close()
    },
  }
}
