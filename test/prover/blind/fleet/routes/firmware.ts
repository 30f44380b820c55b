import type { Application } from 'express'
import { z } from 'zod'
import { authenticate, headerAccess, need } from '../access.ts'
import type { Context } from '../context.ts'
import { parseUrl, refusePrivateLiteral, send } from '../outbound.ts'
import { parse } from '../problems.ts'
import { route } from '../router.ts'

const RELEASES = [
  { version: '2.4.0', models: ['FT-100', 'FT-200'], channel: 'stable', publishedAt: '2024-09-02T10:00:00.000Z' },
  { version: '2.3.1', models: ['FT-100', 'FT-200'], channel: 'stable', publishedAt: '2024-05-14T10:00:00.000Z' },
  { version: '2.5.0-rc.1', models: ['FT-200'], channel: 'beta', publishedAt: '2024-10-21T10:00:00.000Z' },
] as const

const checkRequest = z.strictObject({ url: z.string().min(8).max(2000) })

export function registerFirmwareRoutes(app: Application, context: Context): void {
  route(app, '/v2/firmware/releases', {
    get: (req, res) => {
      authenticate(context, req)
      res.json({ items: RELEASES })
    },
  })

  route(app, '/v2/firmware/check', {
    post: async (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      context.limits.take('firmware-check', access.user.id)
      const url = parseUrl(parse(checkRequest, req.body).url)
      const open = context.faults.has('F22')
      if (!open) refusePrivateLiteral(url)
      const outcome = await send(url, {
        method: 'GET',
        redirect: open ? 'follow' : 'manual',
        ...(open ? {} : { dispatcher: context.publicNetwork }),
      })
      res.json({ url: url.href, ...outcome, checkedAt: new Date().toISOString() })
    },
  })
}
