import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import cors from 'cors'
import type { Express } from 'express'
import express from 'express'
import helmet from 'helmet'
import type { Context } from './context.ts'
import type { Faults } from './faults.ts'
import { faultsOf } from './faults.ts'
import { errorHandler, notFound } from './http.ts'
import { createLimits } from './limits.ts'
import { appointmentRoutes } from './routes/appointments.ts'
import { authRoutes } from './routes/auth.ts'
import { hookRoutes } from './routes/hooks.ts'
import { meRoutes } from './routes/me.ts'
import { patientRoutes } from './routes/patients.ts'
import { practiceRoutes } from './routes/practices.ts'
import { publicRoutes } from './routes/public.ts'
import { recordRoutes } from './routes/records.ts'
import { firstVersionRoutes } from './routes/v1.ts'
import { authenticator, Sessions } from './sessions.ts'
import { seededStore } from './store.ts'

export interface Started {
  readonly url: string
  close(): Promise<void>
}

const webApp = 'https://app.pawbook.example'

function setHeaders(app: Express, faults: Faults): void {
  if (faults.has('F26')) return
  app.disable('x-powered-by')
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      frameguard: { action: 'deny' },
    }),
  )
  app.use((_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store')
    next()
  })
}

function createApp(context: Context): Express {
  const { faults, limits } = context
  const app = express()
  app.disable('etag')
  setHeaders(app, faults)
  app.use(
    cors({
      ...(faults.has('F24') ? { origin: true, credentials: true } : { origin: [webApp] }),
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      maxAge: 600,
    }),
  )
  app.use(limits.all)
  app.use(hookRoutes(context))
  app.use(express.json({ limit: '100kb' }))
  app.use(publicRoutes(context))
  app.use(authRoutes(context))
  app.use(meRoutes(context))
  app.use(practiceRoutes(context))
  app.use(patientRoutes(context))
  app.use(recordRoutes(context))
  app.use(appointmentRoutes(context))
  if (faults.has('F27')) app.use(firstVersionRoutes(context))
  app.use(() => {
    throw notFound()
  })
  app.use(errorHandler(faults))
  return app
}

/** Listens on 127.0.0.1, a free port. State in memory, fresh at each start. */
export async function start(options: { readonly planted: boolean }): Promise<Started> {
  const faults = faultsOf(options.planted)
  const store = await seededStore()
  const sessions = new Sessions(store, faults)
  const limits = createLimits(faults)
  const app = createApp({ store, faults, limits, sessions, signedIn: authenticator(sessions) })
  const server = createServer({ requestTimeout: 20_000, headersTimeout: 10_000 }, app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}
