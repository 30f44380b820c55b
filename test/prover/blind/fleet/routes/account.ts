import { randomBytes, randomUUID } from 'node:crypto'
import { verify } from '@node-rs/argon2'
import type { Application, Request } from 'express'
import { z } from 'zod'
import type { Access, Caller } from '../access.ts'
import { authenticate, headerAccess, mayChange, need, param } from '../access.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { route } from '../router.ts'
import { sha256 } from '../seed.ts'
import type { ApiKey, User } from '../store.ts'
import { TOKEN_SECONDS } from '../tokens.ts'

const KEYS_PER_USER = 25
const YEAR = 366 * 86_400_000

const credentials = z.strictObject({ email: z.string().min(3).max(254), password: z.string().min(1).max(128) })

const profileChange = z.strictObject({
  displayName: z.string().trim().min(1).max(80).optional(),
  phone: z
    .string()
    .regex(/^\+[\d ]{6,20}$/, 'must be an international number')
    .nullable()
    .optional(),
})

const scope = z.enum(['read', 'write', 'admin'])

const newKey = z.strictObject({
  name: z.string().trim().min(1).max(60),
  scopes: z.array(scope).min(1).max(3),
  expiresAt: z.iso.datetime().optional(),
})

function clientAddress(context: Context, req: Request): string {
  const address = req.ip ?? ''
  if (context.faults.has('F09')) return req.get('X-Forwarded-For')?.split(',')[0]?.trim() ?? address
  return address
}

function profile(context: Context, user: User) {
  const memberships = context.store.memberships
    .filter((entry) => entry.userId === user.id)
    .map(({ orgId, role }) => ({ orgId, role }))
  return { id: user.id, email: user.email, displayName: user.displayName, phone: user.phone, memberships }
}

function needKeyScope(caller: Caller, wanted: 'read' | 'write'): void {
  if (caller.key !== null && !caller.key.scopes.includes(wanted)) {
    throw new HttpProblem(403, `The scope '${wanted}' is needed.`)
  }
}

function publicKeyData(key: ApiKey) {
  const { id, orgId, userId, name, prefix, scopes, createdAt, expiresAt, lastUsedAt } = key
  return { id, orgId, userId, name, prefix, scopes, createdAt, expiresAt, lastUsedAt }
}

function visibleKeys(context: Context, access: Access): ApiKey[] {
  return [...context.store.keys.values()].filter(
    (key) => key.orgId === access.org.id && key.revokedAt === null && mayChange(access, key.userId),
  )
}

function visibleKey(context: Context, access: Access, keyId: string): ApiKey {
  const key = visibleKeys(context, access).find((entry) => entry.id === keyId)
  if (key === undefined) throw notFound('key')
  return key
}

function registerSignIn(app: Application, context: Context): void {
  route(app, '/token', {
    post: async (req, res) => {
      const { email, password } = parse(credentials, req.body)
      const address = clientAddress(context, req)
      context.limits.take('sign-in-address', address)
      context.limits.take('sign-in', `${address} ${email.toLowerCase()}`)
      const user = context.store.userByEmail(email)
      const matches = await verify(user?.passwordHash ?? context.decoyHash, password)
      if (user === undefined || !matches) throw new HttpProblem(401, 'Email or password is wrong.')
      user.lastSignInIp = address
      res.json({ access_token: context.tokens.issue(user.id), token_type: 'Bearer', expires_in: TOKEN_SECONDS })
    },
  })

  route(app, '/.well-known/jwks.json', {
    get: (_req, res) => {
      res.set('Cache-Control', 'public, max-age=300').json(context.tokens.jwks())
    },
  })
}

export function registerAccountRoutes(app: Application, context: Context): void {
  registerSignIn(app, context)

  route(app, '/v2/me', {
    get: (req, res) => {
      const caller = authenticate(context, req)
      needKeyScope(caller, 'read')
      res.json(profile(context, caller.user))
    },
    patch: (req, res) => {
      const caller = authenticate(context, req)
      needKeyScope(caller, 'write')
      const change = parse(profileChange, req.body)
      if (change.displayName !== undefined) caller.user.displayName = change.displayName
      if (change.phone !== undefined) caller.user.phone = change.phone
      res.json(profile(context, caller.user))
    },
  })

  route(app, '/v2/keys', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      res.json({ items: visibleKeys(context, access).map(publicKeyData) })
    },
    post: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      context.limits.take('key-create', access.user.id)
      const wanted = parse(newKey, req.body)
      if (!context.faults.has('F17') && !wanted.scopes.every((entry) => access.scopes.has(entry))) {
        throw new HttpProblem(403, 'A key cannot have more scopes than its creator.')
      }
      const lifetime = wanted.expiresAt === undefined ? 1 : Date.parse(wanted.expiresAt) - Date.now()
      if (lifetime <= 0 || lifetime > YEAR) throw new HttpProblem(400, 'expiresAt must be within a year from now.')
      const active = [...context.store.keys.values()].filter(
        (key) => key.userId === access.user.id && key.revokedAt === null,
      )
      if (active.length >= KEYS_PER_USER) throw new HttpProblem(409, 'Too many keys; revoke one first.')
      const secret = `flk_${randomBytes(30).toString('base64url')}`
      const key: ApiKey = {
        id: randomUUID(),
        orgId: access.org.id,
        userId: access.user.id,
        name: wanted.name,
        prefix: secret.slice(0, 10),
        hash: sha256(secret),
        scopes: [...new Set(wanted.scopes)],
        createdAt: new Date().toISOString(),
        expiresAt: wanted.expiresAt ?? null,
        lastUsedAt: null,
        revokedAt: null,
      }
      context.store.addKey(key)
      context.store.log(access.org.id, access.user.id, 'key.created', key.id)
      res
        .status(201)
        .location(`/v2/keys/${key.id}`)
        .json({ ...publicKeyData(key), key: secret })
    },
  })

  route(app, '/v2/keys/:keyId', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      res.json(publicKeyData(visibleKey(context, access, param(req, 'keyId'))))
    },
    delete: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      const key = visibleKey(context, access, param(req, 'keyId'))
      key.revokedAt = new Date().toISOString()
      context.store.log(access.org.id, access.user.id, 'key.revoked', key.id)
      res.status(204).end()
    },
  })
}
