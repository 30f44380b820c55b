import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import cors from 'cors'
import express, { type NextFunction, type Request, type Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'
import {
  type AccessFacts,
  AUDIENCE,
  benchLog,
  type Contender,
  HELMET,
  handmadeWorld,
  ISSUER,
  listen,
  MAX_REQUESTS_A_MINUTE,
  ORIGIN,
  PATH,
} from './contender.ts'
import { invoiceSchema, paramsSchema } from './invoice-schema.ts'

interface Claims {
  readonly sub: string
  readonly tenant: string
  readonly roles: readonly string[]
}

interface Locals {
  readonly startedAt: number
  readonly requestId: string
  user?: Claims
}

type Reply = Response<unknown, Locals & Record<string, unknown>>

/** The endpoint as teams assemble it on Express. jsonwebtoken knows no EdDSA, so its tokens are ES256, with the key parsed once. */
export const expressStack: Contender = {
  name: 'express',
  title: 'Express 5, helmet, cors, express-rate-limit, jsonwebtoken (ES256, KeyObject), zod',
  guarded: true,
  async start() {
    const log = benchLog()
    const { publicKey, invoices, viewers, calls, stranger } = await handmadeWorld('ES256')
    const find = async (id: string) => invoices.get(id)
    const app = express()
    app.disable('x-powered-by')
    app.disable('etag')
    app.use((request: Request, response: Reply, next: NextFunction) => {
      const requestId = randomUUID()
      response.locals = { startedAt: performance.now(), requestId }
      response.set({ 'x-request-id': requestId, 'cache-control': 'no-store' })
      response.on('finish', () => {
        const facts: AccessFacts = {
          requestId,
          method: request.method,
          path: request.originalUrl,
          status: response.statusCode,
          ms: Math.round((performance.now() - response.locals.startedAt) * 100) / 100,
          principal: response.locals.user?.sub ?? '',
        }
        log.info(facts, 'request')
      })
      next()
    })
    app.use(helmet(HELMET))
    app.use(cors({ origin: [ORIGIN], methods: ['GET'] }))
    app.use((request: Request, response: Reply, next: NextFunction) => {
      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
      try {
        if (!token) throw new TypeError('no token')
        const claims = jwt.verify(token, publicKey, { algorithms: ['ES256'], issuer: ISSUER, audience: AUDIENCE })
        response.locals.user = claims as unknown as Claims
      } catch {
        response.status(401).json({ title: 'Authentication is required' })
        return
      }
      next()
    })
    app.use(
      rateLimit({
        limit: MAX_REQUESTS_A_MINUTE,
        windowMs: 60_000,
        standardHeaders: 'draft-7',
        legacyHeaders: false,
        keyGenerator: (_request, response) => (response as Reply).locals.user?.sub ?? '',
      }),
    )
    app.get(`${PATH}/:invoice`, async (request: Request, response: Reply) => {
      const params = paramsSchema.safeParse(request.params)
      const user = response.locals.user as Claims
      const invoice = params.success ? await find(params.data.invoice) : undefined
      const mine =
        invoice?.tenantId === user.tenant &&
        (invoice.userId === user.sub || user.roles.includes('admin') || viewers.get(invoice.id)?.has(user.sub) === true)
      if (mine) response.json(invoiceSchema.parse(invoice))
      else response.status(404).json({ title: 'There is nothing here' })
    })
    const server = createServer(app)
    const port = await listen(server)
    return {
      port,
      calls,
      stranger,
      close: () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections()),
    }
  },
}
