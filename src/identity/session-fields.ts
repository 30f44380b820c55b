import { z } from 'zod'

const SESSION_ID = /^[A-Za-z0-9_-]{22}$/

/** A session as its owner sees it; no token is a field of it. */
export const sessionFields = z.strictObject({
  id: z.string().min(22).max(22).regex(SESSION_ID),
  userId: z.uuid(),
  tenantId: z.string().min(1).max(64),
  /** What the client said it is (`User-Agent`): a hint for its owner, believed by nobody. */
  device: z.string().max(200),
  /** IPv4 address, or IPv6 /64, at sign-in. */
  addressPrefix: z.string().max(64),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  authenticatedAt: z.iso.datetime(),
  factors: z.int().min(0).max(9),
  /** Whether the request was made in it. */
  current: z.boolean(),
})
export type SessionRow = z.output<typeof sessionFields>
