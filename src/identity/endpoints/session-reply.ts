import { z } from 'zod'
import { plain } from '../../contract/reply.ts'

const tokens = {
  accessToken: z.string().max(8192),
  refreshToken: z.string().max(100),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().min(1).max(3600),
}
const WHY = 'it is made for whoever has just proved who they are'

/** What login answers: tokens, and what tells this device from strangers' at the next sign-in. */
export const loginReply = plain(z.strictObject({ ...tokens, deviceToken: z.string().max(200) }), WHY)

/** What refresh answers (RFC 6749 section 5.1, in the spelling of this API). */
export const sessionReply = plain(z.strictObject(tokens), WHY)
