import { createHash, randomUUID } from 'node:crypto'
import { hash } from '@node-rs/argon2'
import type { AlertRule, Device, Role, Scope, TelemetryPoint } from './store.ts'
import { Store } from './store.ts'

export const HASHING = { memoryCost: 8192, timeCost: 1, parallelism: 1 } as const

const CREATED = '2024-03-04T09:00:00.000Z'
const POINTS_PER_DEVICE = 300
const TEN_MINUTES = 600_000

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The demo data has the same ids at each start. */
export function seedId(label: string): string {
  const digest = sha256(`fleet demo ${label}`)
  const variant = '89ab'[Number.parseInt(digest.charAt(16), 16) % 4]
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `4${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-')
}

export function seedKey(label: string): string {
  return `flk_${sha256(`fleet demo secret ${label}`).slice(0, 40)}`
}

interface SeedUser {
  readonly name: string
  readonly displayName: string
  readonly org: 'acme' | 'birch' | 'platform'
  readonly role: Role
  readonly password: string
  readonly devices: number
  readonly platformAdmin?: true
}

const USERS: readonly SeedUser[] = [
  { name: 'alice', displayName: 'Alice Meyer', org: 'acme', role: 'operator', password: 'alice-Fjord-71', devices: 3 },
  { name: 'bob', displayName: 'Bob Okafor', org: 'acme', role: 'operator', password: 'bob-Lantern-22', devices: 3 },
  { name: 'erin', displayName: 'Erin Walsh', org: 'acme', role: 'viewer', password: 'erin-Pebble-90', devices: 0 },
  { name: 'dave', displayName: 'Dave Lindqvist', org: 'acme', role: 'admin', password: 'dave-Harbor-38', devices: 2 },
  { name: 'carol', displayName: 'Carol Ito', org: 'birch', role: 'operator', password: 'carol-Meadow-15', devices: 3 },
  { name: 'frank', displayName: 'Frank Ruiz', org: 'birch', role: 'admin', password: 'frank-Quarry-64', devices: 2 },
  {
    name: 'ops',
    displayName: 'Platform Operations',
    org: 'platform',
    role: 'admin',
    password: 'ops-Granite-57',
    devices: 0,
    platformAdmin: true,
  },
]

const SCOPES_OF: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
}

function seedOrganisations(store: Store): void {
  const orgs = [
    { label: 'acme', name: 'Acme Cold Chain', plan: 'business' },
    { label: 'birch', name: 'Birch Agritech', plan: 'starter' },
    { label: 'platform', name: 'Fleet Platform', plan: 'enterprise' },
  ] as const
  for (const { label, name, plan } of orgs) {
    const id = seedId(`org ${label}`)
    const contactEmail = `it@${label}.example`
    store.orgs.set(id, { id, name, plan, contactEmail, credits: 100, createdAt: CREATED })
  }
}

function seedKeys(store: Store, user: SeedUser): void {
  const keys: readonly { readonly label: string; readonly name: string; readonly scopes: readonly Scope[] }[] = [
    { label: user.name, name: 'default', scopes: SCOPES_OF[user.role] },
    { label: `${user.name} readonly`, name: 'dashboard (read only)', scopes: ['read'] },
    { label: `${user.name} ci`, name: 'ci', scopes: ['read'] },
  ]
  for (const { label, name, scopes } of keys) {
    const secret = seedKey(label)
    store.addKey({
      id: seedId(`key ${label}`),
      orgId: seedId(`org ${user.org}`),
      userId: seedId(`user ${user.name}`),
      name,
      prefix: secret.slice(0, 10),
      hash: sha256(secret),
      scopes,
      createdAt: CREATED,
      expiresAt: null,
      lastUsedAt: null,
      revokedAt: null,
    })
  }
}

function telemetryFor(label: string): TelemetryPoint[] {
  const newest = Math.floor(Date.now() / TEN_MINUTES) * TEN_MINUTES
  const base = label.length % 7
  return Array.from({ length: POINTS_PER_DEVICE }, (_, index) => {
    const temperature = index % 3 !== 2
    return {
      id: randomUUID(),
      ts: new Date(newest - (POINTS_PER_DEVICE - index) * TEN_MINUTES).toISOString(),
      metric: temperature ? 'temperature' : 'battery',
      value: temperature ? base + Math.round(Math.sin(index / 9) * 40) / 10 : 100 - (index % 60),
      unit: temperature ? 'C' : '%',
    }
  })
}

function seedDevice(store: Store, user: SeedUser, number: number): Device {
  const label = `${user.name}-${number}`
  const device: Device = {
    id: seedId(`device ${label}`),
    orgId: seedId(`org ${user.org}`),
    ownerId: seedId(`user ${user.name}`),
    name: `${user.name}'s tracker ${number}`,
    model: number % 2 === 0 ? 'FT-200' : 'FT-100',
    serial: `SN-${sha256(label).slice(0, 10).toUpperCase()}`,
    iccid: `8949${BigInt(`0x${sha256(label).slice(0, 13)}`)
      .toString()
      .padStart(16, '0')
      .slice(0, 16)}`,
    status: 'active',
    simStatus: 'active',
    firmware: '2.3.1',
    labels: [user.org, number % 2 === 0 ? 'truck' : 'warehouse'],
    certified: false,
    lastCommandId: null,
    provisioningSecret: `psk_${sha256(`provisioning ${label}`).slice(0, 32)}`,
    createdAt: CREATED,
    updatedAt: CREATED,
  }
  store.devices.set(device.id, device)
  store.telemetry.set(device.id, telemetryFor(label))
  return device
}

function seedAlertRule(store: Store, user: SeedUser, device: Device, number: number): void {
  const rule: AlertRule = {
    id: seedId(`rule ${user.name}-${number}`),
    orgId: device.orgId,
    ownerId: device.ownerId,
    name: `${user.name}: ${number === 1 ? 'too warm' : 'battery low'}`,
    deviceId: device.id,
    metric: number === 1 ? 'temperature' : 'battery',
    operator: number === 1 ? 'above' : 'below',
    threshold: number === 1 ? 8 : 15,
    notifyUrl: `https://hooks.${user.org}.example/${user.name}/alerts`,
    enabled: true,
    createdAt: CREATED,
    updatedAt: CREATED,
  }
  store.alertRules.set(rule.id, rule)
}

function seedCommand(store: Store, user: SeedUser, device: Device, number: number): void {
  const id = seedId(`command ${user.name}-${number}`)
  store.commands.set(id, {
    id,
    orgId: device.orgId,
    issuedBy: device.ownerId,
    command: number === 1 ? 'locate' : 'reboot',
    params: {},
    devices: [{ deviceId: device.id, deviceName: device.name, state: 'done' }],
    createdAt: CREATED,
  })
  device.lastCommandId = id
}

function seedTransfer(store: Store, from: string, to: string, userName: string): void {
  const deviceId = seedId(`device ${userName}-1`)
  const id = seedId(`transfer ${from} ${to}`)
  store.transfers.set(id, {
    id,
    deviceId,
    deviceName: store.devices.get(deviceId)?.name ?? '',
    fromOrgId: seedId(`org ${from}`),
    toOrgId: seedId(`org ${to}`),
    requestedBy: seedId(`user ${userName}`),
    status: 'pending',
    createdAt: CREATED,
    decidedAt: null,
  })
}

export async function seededStore(): Promise<Store> {
  const store = new Store()
  seedOrganisations(store)
  const hashes = await Promise.all(USERS.map((user) => hash(user.password, HASHING)))
  for (const [index, user] of USERS.entries()) {
    const id = seedId(`user ${user.name}`)
    const orgId = seedId(`org ${user.org}`)
    store.users.set(id, {
      id,
      email: `${user.name}@${user.org}.example`,
      displayName: user.displayName,
      phone: `+49 30 5550${100 + index}`,
      passwordHash: hashes[index] ?? '',
      platformAdmin: user.platformAdmin === true,
      lastSignInIp: '198.51.100.24',
      createdAt: CREATED,
    })
    store.memberships.push({ orgId, userId: id, role: user.role, joinedAt: CREATED })
    seedKeys(store, user)
    for (let number = 1; number <= user.devices; number += 1) {
      const device = seedDevice(store, user, number)
      if (number <= 2) {
        seedAlertRule(store, user, device, number)
        seedCommand(store, user, device, number)
      }
      store.log(orgId, id, 'device.created', device.id)
    }
  }
  seedTransfer(store, 'acme', 'birch', 'dave')
  seedTransfer(store, 'birch', 'acme', 'frank')
  const vouchers: readonly (readonly [string, number])[] = [
    ['FLEET-WELCOME-50', 50],
    ['FLEET-SPRING-25', 25],
    ['FLEET-PARTNER-100', 100],
    ['FLEET-EXPO-10', 10],
    ['FLEET-RENEWAL-40', 40],
  ]
  for (const [code, amount] of vouchers) store.vouchers.set(code, amount)
  return store
}
