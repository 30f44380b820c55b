export type Role = 'viewer' | 'operator' | 'admin'
export type Scope = 'read' | 'write' | 'admin'
export type Plan = 'starter' | 'business' | 'enterprise'

export interface User {
  readonly id: string
  readonly email: string
  displayName: string
  phone: string | null
  readonly passwordHash: string
  readonly platformAdmin: boolean
  lastSignInIp: string | null
  readonly createdAt: string
}

export interface Organisation {
  readonly id: string
  name: string
  plan: Plan
  contactEmail: string
  credits: number
  readonly createdAt: string
}

export interface Membership {
  readonly orgId: string
  readonly userId: string
  role: Role
  readonly joinedAt: string
}

export interface ApiKey {
  readonly id: string
  readonly orgId: string
  readonly userId: string
  readonly name: string
  readonly prefix: string
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly createdAt: string
  readonly expiresAt: string | null
  lastUsedAt: string | null
  revokedAt: string | null
}

export interface Device {
  readonly id: string
  orgId: string
  ownerId: string
  name: string
  readonly model: string
  readonly serial: string
  readonly iccid: string | null
  status: 'active' | 'paused'
  simStatus: 'active' | 'suspended' | 'unknown'
  readonly firmware: string
  labels: string[]
  certified: boolean
  lastCommandId: string | null
  provisioningSecret: string
  readonly createdAt: string
  updatedAt: string
}

export interface TelemetryPoint {
  readonly id: string
  readonly ts: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

export interface Command {
  readonly id: string
  readonly orgId: string
  readonly issuedBy: string
  readonly command: string
  readonly params: Readonly<Record<string, string | number | boolean>>
  readonly devices: readonly { readonly deviceId: string; readonly deviceName: string; readonly state: string }[]
  readonly createdAt: string
}

export interface AlertRule {
  readonly id: string
  readonly orgId: string
  readonly ownerId: string
  name: string
  deviceId: string | null
  metric: string
  operator: 'above' | 'below'
  threshold: number
  notifyUrl: string
  enabled: boolean
  readonly createdAt: string
  updatedAt: string
}

export interface Transfer {
  readonly id: string
  readonly deviceId: string
  readonly deviceName: string
  readonly fromOrgId: string
  readonly toOrgId: string
  readonly requestedBy: string
  status: 'pending' | 'accepted' | 'cancelled'
  readonly createdAt: string
  decidedAt: string | null
}

export interface Invitation {
  readonly id: string
  readonly orgId: string
  readonly email: string | null
  readonly role: Role
  readonly tokenHash: string
  readonly invitedBy: string
  readonly createdAt: string
  readonly expiresAt: string
  acceptedBy: string | null
}

export interface ActivityEntry {
  readonly id: string
  readonly at: string
  readonly actorId: string
  readonly action: string
  readonly targetId: string
}

const ACTIVITY_KEPT = 1000

export class Store {
  readonly users = new Map<string, User>()
  readonly orgs = new Map<string, Organisation>()
  readonly memberships: Membership[] = []
  readonly keys = new Map<string, ApiKey>()
  readonly keysByHash = new Map<string, ApiKey>()
  readonly devices = new Map<string, Device>()
  readonly telemetry = new Map<string, TelemetryPoint[]>()
  readonly commands = new Map<string, Command>()
  readonly alertRules = new Map<string, AlertRule>()
  readonly transfers = new Map<string, Transfer>()
  readonly invitations = new Map<string, Invitation>()
  readonly activity = new Map<string, ActivityEntry[]>()
  readonly vouchers = new Map<string, number>()
  readonly redemptions = new Set<string>()
  readonly carrierEvents = new Set<string>()

  membership(orgId: string, userId: string): Membership | undefined {
    return this.memberships.find((entry) => entry.orgId === orgId && entry.userId === userId)
  }

  userByEmail(email: string): User | undefined {
    const wanted = email.toLowerCase()
    return [...this.users.values()].find((user) => user.email === wanted)
  }

  devicesOf(orgId: string): Device[] {
    return [...this.devices.values()].filter((device) => device.orgId === orgId)
  }

  addKey(key: ApiKey): void {
    this.keys.set(key.id, key)
    this.keysByHash.set(key.hash, key)
  }

  log(orgId: string, actorId: string, action: string, targetId: string): void {
    const entries = this.activity.get(orgId) ?? []
    entries.push({ id: crypto.randomUUID(), at: new Date().toISOString(), actorId, action, targetId })
    if (entries.length > ACTIVITY_KEPT) entries.shift()
    this.activity.set(orgId, entries)
  }
}
