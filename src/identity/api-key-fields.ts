import { z } from 'zod'

/** A scope as RFC 6749 section 3.3 spells it. */
export const scopeName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[!#-[\]-~]+$/)

export const apiKeyFields = z.strictObject({
  id: z
    .string()
    .min(22)
    .max(22)
    .regex(/^[0-9A-Za-z]{22}$/),
  ownerId: z.uuid(),
  tenantId: z.string().min(1).max(64),
  name: z.string().min(1).max(80),
  scopes: z.array(scopeName).max(32),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
})
export type ApiKeyRow = z.output<typeof apiKeyFields>
