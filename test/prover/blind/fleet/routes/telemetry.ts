import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Application, Request } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { deviceOf, need, needOwner, param, pathAccess } from '../access.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { cursorParameter, limitParameter, page, route } from '../router.ts'
import type { Device, TelemetryPoint } from '../store.ts'
import { publicDevice } from './devices.ts'

const POINTS_KEPT = 5000
const POINT_FIELDS = ['id', 'ts', 'metric', 'value', 'unit'] as const

const metric = z.string().regex(/^[a-z][a-z0-9_]{0,29}$/, 'must be a metric name')
const time = z.iso.datetime()

const newPoints = z.strictObject({
  points: z
    .array(
      z.strictObject({
        ts: time,
        metric,
        value: z.number().min(-1e9).max(1e9),
        unit: z.string().min(1).max(10),
      }),
    )
    .min(1)
    .max(100),
})

const period = { from: time.optional(), to: time.optional() }

const pointQuery = z.strictObject({
  ...period,
  metric: metric.optional(),
  sort: z.enum(['ts', '-ts']).default('-ts'),
  fields: z
    .string()
    .max(100)
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(POINT_FIELDS)))
    .optional(),
  limit: limitParameter(200, 50),
  cursor: cursorParameter,
})

const unboundedPointQuery = pointQuery.extend({ limit: limitParameter(999_999_999, 50) })

const exportQuery = z.strictObject({
  ...period,
  kind: z.enum(['devices', 'telemetry']).default('devices'),
  deviceIds: z
    .string()
    .max(4000)
    .transform((text) => text.toLowerCase().split(','))
    .pipe(z.array(z.guid()).max(100))
    .optional(),
})

interface Period {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

function within(points: readonly TelemetryPoint[], { from, to }: Period): TelemetryPoint[] {
  const start = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from)
  const end = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to)
  if (start > end) throw new HttpProblem(400, 'from must not be after to.')
  return points.filter((point) => Date.parse(point.ts) >= start && Date.parse(point.ts) < end)
}

function exportedDevices(context: Context, access: Access, ids: readonly string[] | undefined): Device[] {
  if (ids === undefined) return context.store.devicesOf(access.org.id)
  return [...new Set(ids)].map((id) => {
    const device = context.faults.has('F05') ? context.store.devices.get(id) : deviceOf(context, access, id)
    if (device === undefined) throw notFound('device')
    return device
  })
}

function* exportLines(
  context: Context,
  devices: readonly Device[],
  kind: 'devices' | 'telemetry',
  wanted: Period,
): Generator<string> {
  for (const device of devices) {
    if (kind === 'devices') {
      yield `${JSON.stringify(publicDevice(device))}\n`
      continue
    }
    for (const point of within(context.store.telemetry.get(device.id) ?? [], wanted)) {
      yield `${JSON.stringify({ deviceId: device.id, ...point })}\n`
    }
  }
}

function readableDevice(context: Context, access: Access, req: Request): Device {
  const deviceId = param(req, 'deviceId')
  if (!context.faults.has('F01')) return deviceOf(context, access, deviceId)
  const device = context.store.devices.get(deviceId)
  if (device === undefined) throw notFound('device')
  return device
}

export function registerTelemetryRoutes(app: Application, context: Context): void {
  route(app, '/v2/orgs/:orgId/devices/:deviceId/telemetry', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      const device = readableDevice(context, access, req)
      const query = parse(context.faults.has('F14') ? unboundedPointQuery : pointQuery, req.query)
      const { fields } = query
      const points = within(context.store.telemetry.get(device.id) ?? [], query)
        .filter((point) => query.metric === undefined || point.metric === query.metric)
        .sort((a, b) => a.ts.localeCompare(b.ts) * (query.sort === 'ts' ? 1 : -1))
      const { items, nextCursor } = page(points, query.cursor, query.limit)
      const shown =
        fields === undefined
          ? items
          : items.map((point) => Object.fromEntries(fields.map((field) => [field, point[field]])))
      res.json({ items: shown, nextCursor })
    },
    post: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'write')
      const device = deviceOf(context, access, param(req, 'deviceId'))
      needOwner(access, device)
      const { points } = parse(newPoints, req.body)
      const kept = context.store.telemetry.get(device.id) ?? []
      kept.push(...points.map((point) => ({ id: randomUUID(), ...point })))
      context.store.telemetry.set(device.id, kept.slice(-POINTS_KEPT))
      res.status(202).json({ accepted: points.length })
    },
  })

  route(app, '/v2/orgs/:orgId/export', {
    get: async (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      if (!context.faults.has('F15')) context.limits.take('export', access.user.id)
      const query = parse(exportQuery, req.query)
      within([], query)
      const devices = exportedDevices(context, access, query.deviceIds)
      res.attachment(`${query.kind}.ndjson`).type('application/x-ndjson')
      try {
        await pipeline(Readable.from(exportLines(context, devices, query.kind, query)), res)
      } catch {
        res.destroy() // the client went away
      }
    },
  })
}
