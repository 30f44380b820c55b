import { z } from 'zod'

/** Every user has these, whatever the application adds. */
export const accountFields = z.strictObject({
  id: z.uuid(),
  tenantId: z.string().min(1).max(64),
  email: z.email().max(254),
  roles: z.array(z.string().min(1).max(64)).max(32),
  disabled: z.boolean(),
  createdAt: z.iso.datetime(),
})
export type AccountRow = z.output<typeof accountFields>
