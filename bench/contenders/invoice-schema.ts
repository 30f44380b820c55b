import { z } from 'zod'

const UUID = { type: 'string', format: 'uuid' } as const

/** JSON Schemas for Fastify's own validation and serialization. */
export const PARAMS_SCHEMA = {
  type: 'object',
  properties: { invoice: UUID },
  required: ['invoice'],
  additionalProperties: false,
} as const

export const INVOICE_SCHEMA = {
  type: 'object',
  properties: {
    id: UUID,
    userId: UUID,
    tenantId: UUID,
    title: { type: 'string', maxLength: 200 },
    total: { type: 'integer', minimum: 0, maximum: 100_000_000 },
    currency: { type: 'string', enum: ['EUR', 'USD'] },
    status: { type: 'string', enum: ['open', 'paid'] },
    cardNumber: { type: ['string', 'null'], maxLength: 19 },
    createdAt: { type: 'string', format: 'date-time' },
  },
  required: ['id', 'userId', 'tenantId', 'title', 'total', 'currency', 'status', 'cardNumber', 'createdAt'],
  additionalProperties: false,
} as const

/** The same for Express, as people write it there. */
export const paramsSchema = z.strictObject({ invoice: z.uuid() })

export const invoiceSchema = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  tenantId: z.uuid(),
  title: z.string().max(200),
  total: z.int().min(0).max(100_000_000),
  currency: z.enum(['EUR', 'USD']),
  status: z.enum(['open', 'paid']),
  cardNumber: z.string().max(19).nullable(),
  createdAt: z.iso.datetime(),
})
