import { randomBytes } from 'node:crypto'
import cors from 'cors'
import express from 'express'
import helmet from 'helmet'
import { checkContentType, errorHandler, limiter, notFound, peerAddress } from './http.ts'
import type { Context } from './model.ts'
import { adminRoutes } from './routes/admin.ts'
import { bookRoutes } from './routes/books.ts'
import { courseRoutes } from './routes/courses.ts'
import { coverRoutes } from './routes/covers.ts'
import { fineRoutes } from './routes/fines.ts'
import { holdRoutes } from './routes/holds.ts'
import { listRoutes } from './routes/lists.ts'
import { loanRoutes } from './routes/loans.ts'
import { memberRoutes } from './routes/members.ts'
import { userRoutes } from './routes/users.ts'
import { seed } from './seed.ts'

const webOrigins = ['https://app.library.example', 'https://desk.library.example']

export async function createApp(faults: ReadonlySet<string>): Promise<{ app: express.Express; context: Context }> {
  const context: Context = {
    store: await seed(),
    faults,
    tokenSecret: randomBytes(32).toString('hex'),
    webhookSecret: randomBytes(32).toString('hex'),
  }
  const app = express()
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      crossOriginResourcePolicy: { policy: 'same-site' },
      frameguard: { action: 'deny' },
    }),
  )
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store')
    next()
  })
  app.use(
    cors(
      faults.has('F25')
        ? { origin: true, credentials: true }
        : {
            origin: webOrigins,
            methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
            allowedHeaders: ['Authorization', 'Content-Type'],
            exposedHeaders: ['Retry-After'],
            maxAge: 600,
          },
    ),
  )
  app.use(limiter({ limit: 1500, minutes: 1, key: peerAddress }))
  app.use(checkContentType(['/api/v1/users/login']))
  app.use('/api/v1/users/login', express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 }))
  app.use(
    express.json({
      limit: '32kb',
      type: ['application/json', 'application/merge-patch+json'],
      verify: (req, _res, raw) => {
        Object.assign(req, { rawBody: raw })
      },
    }),
  )

  const api = express.Router({ caseSensitive: true })
  userRoutes(api, context)
  memberRoutes(api, context)
  loanRoutes(api, context)
  holdRoutes(api, context)
  fineRoutes(api, context)
  courseRoutes(api, context)
  listRoutes(api, context)
  bookRoutes(api, context)
  coverRoutes(api, context)
  adminRoutes(api, context)
  app.use('/api/v1', api)

  if (faults.has('F26')) {
    app.get('/api/v1/dev/outbox', (_req, res) => {
      res.json({ mails: context.store.outbox })
    })
  }
  if (faults.has('F27')) {
    app.get('/api/v0/members/:memberId', (req, res) => {
      const member = context.store.members.get(req.params.memberId)
      if (member === undefined) throw notFound('member')
      const { id, name, email, phone, address, cardNumber, branch, joinedOn } = member
      res.json({ member: { id, name, email, phone, address, cardNumber, branch, joinedOn } })
    })
  }

  app.use((_req, _res, next) => next(notFound('path')))
  app.use(errorHandler(faults))
  return { app, context }
}
