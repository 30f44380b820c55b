import type { Request } from 'express'
import type { Context } from './context.ts'
import { HttpProblem, notFound } from './problems.ts'
import { sha256 } from './seed.ts'
import type { ApiKey, Device, Organisation, Role, Scope, User } from './store.ts'

export interface Caller {
  readonly user: User
  /** The API key used, or null for a person with a bearer token. */
  readonly key: ApiKey | null
}

export interface Access extends Caller {
  readonly org: Organisation
  readonly role: Role
  readonly scopes: ReadonlySet<Scope>
}

export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function param(req: Request, name: string): string {
  const value = req.params[name]
  return typeof value === 'string' ? value.toLowerCase() : ''
}

function unauthorized(): HttpProblem {
  return new HttpProblem(401, 'Credentials are missing or not valid.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="fleet"' },
  })
}

function callerByKey(context: Context, secret: string): Caller {
  const key = context.store.keysByHash.get(sha256(secret))
  if (key === undefined) throw unauthorized()
  if (key.revokedAt !== null && !context.faults.has('F10')) throw unauthorized()
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now()) throw unauthorized()
  const user = context.store.users.get(key.userId)
  if (user === undefined) throw unauthorized()
  key.lastUsedAt = new Date().toISOString()
  return { user, key }
}

/** Who calls: an API key or a bearer token. */
export function authenticate(context: Context, req: Request): Caller {
  const presentedKey = req.get('X-Api-Key')
  if (presentedKey !== undefined) return callerByKey(context, presentedKey)
  const [scheme, token, ...rest] = (req.get('Authorization') ?? '').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || rest.length > 0) throw unauthorized()
  const userId = context.tokens.verify(token)
  const user = userId === undefined ? undefined : context.store.users.get(userId)
  if (user === undefined) throw unauthorized()
  return { user, key: null }
}

function scopesOf(context: Context, caller: Caller, role: Role): ReadonlySet<Scope> {
  const ofRole = SCOPES_OF_ROLE[role]
  if (caller.key === null) return new Set(ofRole)
  if (context.faults.has('F17')) return new Set(caller.key.scopes)
  return new Set(caller.key.scopes.filter((scope) => ofRole.includes(scope)))
}

/** What the caller may do in an organisation; undefined when not a member, or the key is another organisation's. */
export function accessTo(context: Context, caller: Caller, orgId: string): Access | undefined {
  if (caller.key !== null && caller.key.orgId !== orgId) return undefined
  const org = context.store.orgs.get(orgId)
  const membership = context.store.membership(orgId, caller.user.id)
  if (org === undefined || membership === undefined) return undefined
  return { ...caller, org, role: membership.role, scopes: scopesOf(context, caller, membership.role) }
}

/** For routes below /orgs/{orgId}. */
export function pathAccess(context: Context, req: Request): Access {
  const access = accessTo(context, authenticate(context, req), param(req, 'orgId'))
  if (access === undefined) throw notFound('organisation')
  return access
}

/** The organisation named by the X-Org header. */
export function headerOrgId(req: Request): string {
  const orgId = (req.get('X-Org') ?? '').toLowerCase()
  if (!UUID.test(orgId)) throw new HttpProblem(400, 'The header X-Org must be the id of an organisation.')
  return orgId
}

/** For routes that take the organisation from the header X-Org. */
export function headerAccess(context: Context, req: Request): Access {
  const caller = authenticate(context, req)
  const access = accessTo(context, caller, headerOrgId(req))
  if (access === undefined) throw new HttpProblem(403, 'Not a member of this organisation.')
  return access
}

export function need(access: Access, scope: Scope): void {
  if (!access.scopes.has(scope)) throw new HttpProblem(403, `The scope '${scope}' is needed.`)
}

/** Owners change what is theirs, administrators everything of their organisation. */
export function mayChange(access: Access, ownerId: string): boolean {
  return ownerId === access.user.id || access.scopes.has('admin')
}

export function deviceOf(context: Context, access: Access, deviceId: string): Device {
  const device = context.store.devices.get(deviceId)
  if (device === undefined || device.orgId !== access.org.id) throw notFound('device')
  return device
}

export function needOwner(access: Access, device: Device): void {
  if (!mayChange(access, device.ownerId)) {
    throw new HttpProblem(403, 'Only the owner of the device or an administrator may do this.')
  }
}
