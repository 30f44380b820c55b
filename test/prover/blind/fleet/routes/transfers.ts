import { randomBytes, randomUUID } from 'node:crypto'
import type { Application } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { deviceOf, headerAccess, need, param, pathAccess } from '../access.ts'
import type { Context } from '../context.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { route } from '../router.ts'
import type { Transfer } from '../store.ts'
import { detachDevice } from './devices.ts'

const newTransfer = z.strictObject({ toOrgId: z.guid() })

function involves(transfer: Transfer, access: Access): boolean {
  return transfer.fromOrgId === access.org.id || transfer.toOrgId === access.org.id
}

function pendingTransfer(transfer: Transfer | undefined): Transfer {
  if (transfer === undefined) throw notFound('transfer')
  if (transfer.status !== 'pending') throw new HttpProblem(409, `The transfer is ${transfer.status}.`)
  return transfer
}

function visibleTransfer(context: Context, access: Access, transferId: string): Transfer {
  const transfer = context.store.transfers.get(transferId)
  if (transfer === undefined || !involves(transfer, access)) throw notFound('transfer')
  return transfer
}

function transferToAccept(context: Context, access: Access, transferId: string): Transfer {
  if (context.faults.has('F07')) return pendingTransfer(context.store.transfers.get(transferId))
  const transfer = visibleTransfer(context, access, transferId)
  if (transfer.toOrgId !== access.org.id) throw new HttpProblem(403, 'The receiving organisation accepts a transfer.')
  return pendingTransfer(transfer)
}

export function registerTransferRoutes(app: Application, context: Context): void {
  const { transfers, devices } = context.store

  route(app, '/v2/orgs/:orgId/devices/:deviceId/transfers', {
    post: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'admin')
      const device = deviceOf(context, access, param(req, 'deviceId'))
      const toOrgId = parse(newTransfer, req.body).toOrgId.toLowerCase()
      if (toOrgId === access.org.id || !context.store.orgs.has(toOrgId)) {
        throw new HttpProblem(422, 'toOrgId must be another organisation.')
      }
      const open = [...transfers.values()].some((entry) => entry.deviceId === device.id && entry.status === 'pending')
      if (open) throw new HttpProblem(409, 'The device has a pending transfer already.')
      const transfer: Transfer = {
        id: randomUUID(),
        deviceId: device.id,
        deviceName: device.name,
        fromOrgId: access.org.id,
        toOrgId,
        requestedBy: access.user.id,
        status: 'pending',
        createdAt: new Date().toISOString(),
        decidedAt: null,
      }
      transfers.set(transfer.id, transfer)
      context.store.log(access.org.id, access.user.id, 'transfer.requested', transfer.id)
      res.status(201).location(`/v2/transfers/${transfer.id}`).json(transfer)
    },
  })

  route(app, '/v2/transfers', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      res.json({ items: [...transfers.values()].filter((entry) => involves(entry, access)).slice(-100) })
    },
  })

  route(app, '/v2/transfers/:transferId', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      res.json(visibleTransfer(context, access, param(req, 'transferId')))
    },
  })

  route(app, '/v2/transfers/:transferId/accept', {
    post: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'admin')
      const transfer = transferToAccept(context, access, param(req, 'transferId'))
      const device = devices.get(transfer.deviceId)
      if (device === undefined || device.orgId !== transfer.fromOrgId) {
        throw new HttpProblem(409, 'The device is no longer there.')
      }
      transfer.status = 'accepted'
      transfer.decidedAt = new Date().toISOString()
      detachDevice(context, device.id)
      device.orgId = transfer.toOrgId
      device.ownerId = access.user.id
      device.lastCommandId = null
      device.provisioningSecret = `psk_${randomBytes(16).toString('hex')}`
      device.updatedAt = transfer.decidedAt
      context.store.telemetry.set(device.id, [])
      context.store.log(transfer.fromOrgId, access.user.id, 'transfer.accepted', transfer.id)
      context.store.log(transfer.toOrgId, access.user.id, 'transfer.accepted', transfer.id)
      res.json(transfer)
    },
  })

  route(app, '/v2/transfers/:transferId/cancel', {
    post: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'admin')
      const transfer = visibleTransfer(context, access, param(req, 'transferId'))
      if (transfer.fromOrgId !== access.org.id) {
        throw new HttpProblem(403, 'The sending organisation cancels a transfer.')
      }
      pendingTransfer(transfer).status = 'cancelled'
      transfer.decidedAt = new Date().toISOString()
      context.store.log(access.org.id, access.user.id, 'transfer.cancelled', transfer.id)
      res.json(transfer)
    },
  })
}
