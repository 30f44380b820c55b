import { randomUUID } from 'node:crypto'
import type { Application } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { deviceOf, need, needOwner, param, pathAccess } from '../access.ts'
import type { Context } from '../context.ts'
import { notFound, parse } from '../problems.ts'
import { cursorParameter, limitParameter, page, route } from '../router.ts'
import type { Command, Device } from '../store.ts'

const COMMANDS_KEPT = 5000

const newCommand = z.strictObject({
  deviceIds: z.array(z.guid()).min(1).max(50),
  command: z.enum(['locate', 'reboot', 'set-interval', 'update-firmware']),
  params: z
    .record(z.string().regex(/^[a-z][A-Za-z0-9]{0,29}$/), z.union([z.string().max(100), z.number(), z.boolean()]))
    .refine((params) => Object.keys(params).length <= 10, 'at most 10 parameters')
    .optional(),
})

const commandQuery = z.strictObject({
  deviceId: z.guid().optional(),
  limit: limitParameter(100, 25),
  cursor: cursorParameter,
})

function checkedDevice(context: Context, access: Access, deviceId: string): Device {
  const device = deviceOf(context, access, deviceId)
  needOwner(access, device)
  return device
}

function targetsOf(context: Context, access: Access, deviceIds: readonly string[]): Device[] {
  if (!context.faults.has('F03')) return deviceIds.map((id) => checkedDevice(context, access, id))
  const [first, ...others] = deviceIds
  const targets = first === undefined ? [] : [checkedDevice(context, access, first)]
  for (const id of others) {
    const device = context.store.devices.get(id)
    if (device === undefined) throw notFound('device')
    targets.push(device)
  }
  return targets
}

function commandsOf(context: Context, access: Access): Command[] {
  return [...context.store.commands.values()].filter((command) => command.orgId === access.org.id).reverse()
}

export function registerCommandRoutes(app: Application, context: Context): void {
  route(app, '/v2/orgs/:orgId/commands', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      const { deviceId, limit, cursor } = parse(commandQuery, req.query)
      const commands = commandsOf(context, access).filter(
        (command) => deviceId === undefined || command.devices.some((entry) => entry.deviceId === deviceId),
      )
      res.json(page(commands, cursor, limit))
    },
    post: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'write')
      context.limits.take('command', access.user.id)
      const wanted = parse(newCommand, req.body)
      const ids = [...new Set(wanted.deviceIds.map((id) => id.toLowerCase()))]
      const targets = targetsOf(context, access, ids)
      const command: Command = {
        id: randomUUID(),
        orgId: access.org.id,
        issuedBy: access.user.id,
        command: wanted.command,
        params: wanted.params ?? {},
        devices: targets.map((device) => ({ deviceId: device.id, deviceName: device.name, state: 'queued' })),
        createdAt: new Date().toISOString(),
      }
      const { commands } = context.store
      commands.set(command.id, command)
      for (const id of commands.keys()) {
        if (commands.size <= COMMANDS_KEPT) break
        commands.delete(id)
      }
      for (const device of targets) device.lastCommandId = command.id
      context.store.log(access.org.id, access.user.id, `command.${command.command}`, command.id)
      res.status(202).location(`/v2/orgs/${command.orgId}/commands/${command.id}`).json(command)
    },
  })

  route(app, '/v2/orgs/:orgId/commands/:commandId', {
    get: (req, res) => {
      const access = pathAccess(context, req)
      need(access, 'read')
      const command = context.store.commands.get(param(req, 'commandId'))
      if (command === undefined || command.orgId !== access.org.id) throw notFound('command')
      res.json(command)
    },
  })
}
