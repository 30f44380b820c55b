import { randomBytes, randomUUID } from 'node:crypto'
import type { Application, Request } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { deviceOf, headerAccess, need, needOwner, param, pathAccess } from '../access.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { cursorParameter, limitParameter, page, route } from '../router.ts'
import type { Device } from '../store.ts'

const DEVICES_PER_ORG = 300

const DEVICE_FIELDS = [
  'id',
  'orgId',
  'ownerId',
  'name',
  'model',
  'serial',
  'iccid',
  'status',
  'simStatus',
  'firmware',
  'labels',
  'certified',
  'lastCommandId',
  'createdAt',
  'updatedAt',
] as const

const name = z.string().trim().min(1).max(80)
const labels = z.array(z.string().trim().min(1).max(30)).max(20)

const newDevice = z.strictObject({
  name,
  model: z.string().trim().min(1).max(40),
  serial: z.string().regex(/^[A-Z0-9-]{4,40}$/, 'must be 4 to 40 of A-Z, 0-9 and -'),
  iccid: z
    .string()
    .regex(/^\d{18,22}$/, 'must be 18 to 22 digits')
    .optional(),
  labels: labels.optional(),
})

const deviceChange = z.strictObject({
  name: name.optional(),
  status: z.enum(['active', 'paused']).optional(),
  labels: labels.optional(),
})

const wholeDeviceChange = deviceChange.extend({
  orgId: z.guid().optional(),
  ownerId: z.guid().optional(),
  certified: z.boolean().optional(),
})

const commaSeparated = z
  .string()
  .max(400)
  .transform((text) => text.split(','))

const deviceQuery = z.strictObject({
  status: z.enum(['active', 'paused']).optional(),
  model: z.string().max(40).optional(),
  ownerId: z.guid().optional(),
  label: z.string().max(30).optional(),
  q: z.string().max(60).optional(),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt']).default('name'),
  fields: commaSeparated.optional(),
  limit: limitParameter(100, 25),
  cursor: cursorParameter,
})

export function publicDevice(device: Device) {
  const { provisioningSecret: _secret, ...rest } = device
  return rest
}

function pick(context: Context, device: Device, fields: readonly string[]): Record<string, unknown> {
  const known: readonly string[] = context.faults.has('F12') ? Object.keys(device) : DEVICE_FIELDS
  const unknown = fields.find((field) => !known.includes(field))
  if (unknown !== undefined) throw new HttpProblem(400, 'fields names a property that devices do not have.')
  return Object.fromEntries(Object.entries(device).filter(([key]) => fields.includes(key)))
}

function listDevices(context: Context, access: Access, query: z.output<typeof deviceQuery>): Device[] {
  const text = query.q?.toLowerCase()
  const descending = query.sort.startsWith('-')
  const property = query.sort.endsWith('name') ? 'name' : 'createdAt'
  return context.store
    .devicesOf(access.org.id)
    .filter((device) => query.status === undefined || device.status === query.status)
    .filter((device) => query.model === undefined || device.model === query.model)
    .filter((device) => query.ownerId === undefined || device.ownerId === query.ownerId)
    .filter((device) => query.label === undefined || device.labels.includes(query.label))
    .filter((device) => text === undefined || `${device.name} ${device.serial}`.toLowerCase().includes(text))
    .sort((a, b) => a[property].localeCompare(b[property]) * (descending ? -1 : 1))
}

function createDevice(context: Context, access: Access, body: unknown): Device {
  const wanted = parse(newDevice, body)
  if (context.store.devicesOf(access.org.id).length >= DEVICES_PER_ORG) {
    throw new HttpProblem(409, 'The organisation has as many devices as its plan allows.')
  }
  const now = new Date().toISOString()
  const device: Device = {
    id: randomUUID(),
    orgId: access.org.id,
    ownerId: access.user.id,
    name: wanted.name,
    model: wanted.model,
    serial: wanted.serial,
    iccid: wanted.iccid ?? null,
    status: 'active',
    simStatus: 'unknown',
    firmware: '2.3.1',
    labels: wanted.labels ?? [],
    certified: false,
    lastCommandId: null,
    provisioningSecret: `psk_${randomBytes(16).toString('hex')}`,
    createdAt: now,
    updatedAt: now,
  }
  context.store.devices.set(device.id, device)
  context.store.telemetry.set(device.id, [])
  context.store.log(access.org.id, access.user.id, 'device.created', device.id)
  return device
}

function changeDevice(context: Context, access: Access, device: Device, body: unknown): void {
  needOwner(access, device)
  const change = parse(context.faults.has('F11') ? wholeDeviceChange : deviceChange, body)
  Object.assign(device, change, { updatedAt: new Date().toISOString() })
  context.store.log(access.org.id, access.user.id, 'device.changed', device.id)
}

export function removeDevice(context: Context, deviceId: string): void {
  context.store.devices.delete(deviceId)
  context.store.telemetry.delete(deviceId)
  detachDevice(context, deviceId)
}

/** What refers to a device in its organisation ends when the device leaves it. */
export function detachDevice(context: Context, deviceId: string): void {
  for (const rule of context.store.alertRules.values()) {
    if (rule.deviceId === deviceId) Object.assign(rule, { deviceId: null, enabled: false })
  }
  for (const transfer of context.store.transfers.values()) {
    if (transfer.deviceId === deviceId && transfer.status === 'pending') transfer.status = 'cancelled'
  }
}

function registerOldVersion(app: Application, context: Context): void {
  const oldShape = (device: Device) => ({
    id: device.id,
    org_id: device.orgId,
    name: device.name,
    model: device.model,
    serial: device.serial,
    status: device.status,
    fw: device.firmware,
  })
  const deprecated = {
    Deprecation: '@1719792000',
    Sunset: 'Fri, 31 Dec 2027 23:59:59 GMT',
    Link: '</v2/orgs/{orgId}/devices>; rel="successor-version"',
  }

  route(app, '/v1/devices', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      const { limit, cursor } = parse(
        z.strictObject({ limit: limitParameter(100, 25), cursor: cursorParameter }),
        req.query,
      )
      const { items, nextCursor } = page(context.store.devicesOf(access.org.id), cursor, limit)
      res.set(deprecated).json({ devices: items.map(oldShape), next_cursor: nextCursor })
    },
  })

  route(app, '/v1/devices/:deviceId', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      const device = context.faults.has('F26')
        ? context.store.devices.get(param(req, 'deviceId'))
        : deviceOf(context, access, param(req, 'deviceId'))
      if (device === undefined) throw notFound('device')
      res.set(deprecated).json(oldShape(device))
    },
  })
}

export function registerDeviceRoutes(app: Application, context: Context): void {
  registerOldVersion(app, context)

  route(app, '/v2/orgs/:orgId/devices', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      const query = parse(deviceQuery, req.query)
      const { items, nextCursor } = page(listDevices(context, access, query), query.cursor, query.limit)
      const { fields } = query
      res.json({
        items: items.map((device) => (fields === undefined ? publicDevice(device) : pick(context, device, fields))),
        nextCursor,
      })
    },
    post: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'write')
      const device = createDevice(context, access, req.body)
      const { provisioningSecret } = device
      res
        .status(201)
        .location(`/v2/orgs/${device.orgId}/devices/${device.id}`)
        .json({ ...publicDevice(device), provisioningSecret })
    },
  })

  const addressed = (req: Request, access: Access) => deviceOf(context, access, param(req, 'deviceId'))

  route(app, '/v2/orgs/:orgId/devices/:deviceId', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      res.json(publicDevice(addressed(req, access)))
    },
    patch: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'write')
      const device = addressed(req, access)
      changeDevice(context, access, device, req.body)
      res.json(publicDevice(device))
    },
    delete: (req, res) => {
      const access = pathAccess(context, req)
      if (!context.faults.has('F18')) need(access, 'write')
      const device = addressed(req, access)
      needOwner(access, device)
      removeDevice(context, device.id)
      context.store.log(access.org.id, access.user.id, 'device.deleted', device.id)
      res.status(204).end()
    },
  })
}
