import { randomUUID } from 'node:crypto'
import type { Application } from 'express'
import { z } from 'zod'
import type { Access } from '../access.ts'
import { deviceOf, headerAccess, mayChange, need, param } from '../access.ts'
import type { Context } from '../context.ts'
import { parseUrl, refusePrivateLiteral, send } from '../outbound.ts'
import { HttpProblem, notFound, parse } from '../problems.ts'
import { cursorParameter, limitParameter, page, route } from '../router.ts'
import type { AlertRule } from '../store.ts'

const RULES_PER_USER = 100
const INTERNAL_HOST =
  /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\]|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/i

const ruleData = z.strictObject({
  name: z.string().trim().min(1).max(80),
  deviceId: z.guid().nullable().default(null),
  metric: z.string().regex(/^[a-z][a-z0-9_]{0,29}$/, 'must be a metric name'),
  operator: z.enum(['above', 'below']),
  threshold: z.number().min(-1e9).max(1e9),
  notifyUrl: z.string().min(8).max(500),
  enabled: z.boolean().default(true),
})

const ruleQuery = z.strictObject({
  ownerId: z.guid().optional(),
  limit: limitParameter(100, 25),
  cursor: cursorParameter,
})

function checkNotifyUrl(context: Context, text: string): void {
  const url = parseUrl(text)
  if (!context.faults.has('F23')) refusePrivateLiteral(url)
  else if (INTERNAL_HOST.test(text)) throw new HttpProblem(422, 'The URL must not be an internal address.')
}

function ruleOf(context: Context, access: Access, ruleId: string): AlertRule {
  const rule = context.store.alertRules.get(ruleId)
  if (rule === undefined || rule.orgId !== access.org.id || !mayChange(access, rule.ownerId)) {
    throw notFound('alert rule')
  }
  return rule
}

function ruleToChange(context: Context, access: Access, ruleId: string): AlertRule {
  if (!context.faults.has('F02')) return ruleOf(context, access, ruleId)
  const rule = context.store.alertRules.get(ruleId)
  if (rule === undefined) throw notFound('alert rule')
  return rule
}

function checkedRule(context: Context, access: Access, body: unknown) {
  const data = parse(ruleData, body)
  const deviceId = data.deviceId === null ? null : deviceOf(context, access, data.deviceId.toLowerCase()).id
  checkNotifyUrl(context, data.notifyUrl)
  return { ...data, deviceId }
}

function listRules(context: Context, access: Access, ownerId: string | undefined): AlertRule[] {
  const rules = [...context.store.alertRules.values()]
  if (ownerId !== undefined && context.faults.has('F04')) return rules.filter((rule) => rule.ownerId === ownerId)
  if (ownerId !== undefined && !mayChange(access, ownerId)) {
    throw new HttpProblem(403, 'Only administrators see the rules of others.')
  }
  return rules.filter(
    (rule) =>
      rule.orgId === access.org.id &&
      mayChange(access, rule.ownerId) &&
      (ownerId === undefined || rule.ownerId === ownerId),
  )
}

export function registerAlertRoutes(app: Application, context: Context): void {
  const { alertRules } = context.store

  route(app, '/v2/alert-rules', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      const { ownerId, limit, cursor } = parse(ruleQuery, req.query)
      res.json(page(listRules(context, access, ownerId?.toLowerCase()), cursor, limit))
    },
    post: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      const data = checkedRule(context, access, req.body)
      const own = [...alertRules.values()].filter((rule) => rule.ownerId === access.user.id)
      if (own.length >= RULES_PER_USER) throw new HttpProblem(409, 'Too many alert rules; delete one first.')
      const now = new Date().toISOString()
      const rule: AlertRule = {
        id: randomUUID(),
        orgId: access.org.id,
        ownerId: access.user.id,
        ...data,
        createdAt: now,
        updatedAt: now,
      }
      alertRules.set(rule.id, rule)
      context.store.log(access.org.id, access.user.id, 'alert-rule.created', rule.id)
      res.status(201).location(`/v2/alert-rules/${rule.id}`).json(rule)
    },
  })

  route(app, '/v2/alert-rules/:ruleId', {
    get: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'read')
      res.json(ruleOf(context, access, param(req, 'ruleId')))
    },
    put: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      const rule = ruleToChange(context, access, param(req, 'ruleId'))
      Object.assign(rule, checkedRule(context, access, req.body), { updatedAt: new Date().toISOString() })
      context.store.log(access.org.id, access.user.id, 'alert-rule.changed', rule.id)
      res.json(rule)
    },
    delete: (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      const rule = ruleOf(context, access, param(req, 'ruleId'))
      alertRules.delete(rule.id)
      context.store.log(access.org.id, access.user.id, 'alert-rule.deleted', rule.id)
      res.status(204).end()
    },
  })

  route(app, '/v2/alert-rules/:ruleId/test', {
    post: async (req, res) => {
      const access = headerAccess(context, req)
      need(access, 'write')
      const rule = ruleOf(context, access, param(req, 'ruleId'))
      context.limits.take('alert-test', access.user.id)
      checkNotifyUrl(context, rule.notifyUrl)
      const outcome = await send(new URL(rule.notifyUrl), {
        method: 'POST',
        json: { test: true, ruleId: rule.id, name: rule.name, metric: rule.metric, value: rule.threshold },
        redirect: 'manual',
        ...(context.faults.has('F23') ? {} : { dispatcher: context.publicNetwork }),
      })
      res.json({ delivered: outcome.status !== null && outcome.status < 300, status: outcome.status })
    },
  })
}
