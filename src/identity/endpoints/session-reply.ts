import { z } from 'zod'
import { plain } from '../../contract/reply.ts'

/** What login and refresh answer (RFC 6749 section 5.1, in the spelling of this API). */
export const sessionReply = plain(
  z.strictObject({
    accessToken: z.string().max(8192),
    refreshToken: z.string().max(100),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().min(1).max(3600),
  }),
  'it is made for whoever has just proved who they are',
)
