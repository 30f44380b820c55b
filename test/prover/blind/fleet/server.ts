import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { hash } from '@node-rs/argon2'
import cors from 'cors'
import type { Application } from 'express'
import express from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import type { Context } from './context.ts'
import { faultsFor } from './faults.ts'
import { Limits } from './limits.ts'
import { publicNetworkAgent } from './outbound.ts'
import { errorHandler, HttpProblem, notFound } from './problems.ts'
import { route } from './router.ts'
import { registerAccountRoutes } from './routes/account.ts'
import { registerAlertRoutes } from './routes/alerts.ts'
import { registerCommandRoutes } from './routes/commands.ts'
import { registerDeviceRoutes } from './routes/devices.ts'
import { registerFirmwareRoutes } from './routes/firmware.ts'
import { registerOrganisationRoutes } from './routes/organisations.ts'
import { registerTelemetryRoutes } from './routes/telemetry.ts'
import { registerTransferRoutes } from './routes/transfers.ts'
import { keepBody, registerWebhookRoutes } from './routes/webhooks.ts'
import { HASHING, seededStore } from './seed.ts'
import { tokenService } from './tokens.ts'

export interface Started {
  readonly url: string
  close(): Promise<void>
}

const CONSOLE_ORIGIN = 'https://console.fleet.example'
const CALLS_PER_MINUTE = 3000
const CARRIER_SECRET = 'whsec_demo_3f9a51c07be2'

function registerCommon(app: Application, context: Context): void {
  app.use(helmet())
  app.use(
    cors({
      origin: context.faults.has('F25') ? true : [CONSOLE_ORIGIN],
      credentials: context.faults.has('F25'),
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'X-Api-Key', 'X-Org'],
      exposedHeaders: ['Location', 'Retry-After', 'Deprecation', 'Sunset'],
      maxAge: 600,
    }),
  )
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  app.use(
    rateLimit({
      windowMs: 60_000,
      limit: CALLS_PER_MINUTE,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      keyGenerator: (req) => ipKeyGenerator(req.ip ?? ''),
      validate: { xForwardedForHeader: false, forwardedHeader: false },
      handler: () => {
        throw new HttpProblem(429, 'Too many requests, please try again later.')
      },
    }),
  )
  app.use((req, _res, next) => {
    const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
    if (hasBody && req.is('application/json') === false) {
      throw new HttpProblem(415, 'Bodies are sent as application/json.')
    }
    next()
  })
  app.use(express.json({ limit: '100kb', verify: (req, _res, body) => keepBody(req, body) }))
}

function registerService(app: Application, context: Context): void {
  route(app, '/health', {
    get: (_req, res) => {
      res.json({ status: 'ok' })
    },
  })
  if (context.faults.has('F27')) {
    app.get('/debug/config', (_req, res) => {
      res.json({
        environment: 'production',
        node: process.version,
        uptime: Math.round(process.uptime()),
        carrierSecret: context.carrierSecret,
        organisations: context.store.orgs.size,
        vouchers: [...context.store.vouchers.keys()],
      })
    })
  }
}

function application(context: Context): Application {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('case sensitive routing', true)
  app.set('strict routing', true)
  registerCommon(app, context)
  registerService(app, context)
  registerAccountRoutes(app, context)
  registerOrganisationRoutes(app, context)
  registerDeviceRoutes(app, context)
  registerTelemetryRoutes(app, context)
  registerCommandRoutes(app, context)
  registerTransferRoutes(app, context)
  registerAlertRoutes(app, context)
  registerFirmwareRoutes(app, context)
  registerWebhookRoutes(app, context)
  app.use(() => {
    throw notFound('resource')
  })
  app.use(errorHandler(context.faults))
  return app
}

/** Listens on 127.0.0.1, a free port. State in memory, fresh at each start. */
export async function start(options: { readonly planted: boolean }): Promise<Started> {
  const faults = faultsFor(options.planted)
  const [store, tokens, decoyHash] = await Promise.all([
    seededStore(),
    tokenService(faults),
    hash(randomBytes(24).toString('hex'), HASHING),
  ])
  const publicNetwork = publicNetworkAgent()
  const limits = new Limits()
  const app = application({ store, faults, limits, tokens, publicNetwork, carrierSecret: CARRIER_SECRET, decoyHash })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.requestTimeout = 30_000
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await Promise.all([closed, publicNetwork.destroy()])
    },
  }
}
