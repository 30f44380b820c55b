import { z } from 'zod'
import { anyone } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { plain } from '../../contract/reply.ts'
import type { JwksDocument } from '../token-keys.ts'
import type { EndpointSettings } from './endpoint-settings.ts'

const short = z.string().max(64)
const number = z.string().max(1024)
const publicKey = z.strictObject({
  kty: short,
  kid: short,
  alg: short,
  use: z.literal('sig'),
  crv: short.optional(),
  x: number.optional(),
  y: number.optional(),
  n: number.optional(),
  e: number.optional(),
})
type PublicKeys = { keys: z.output<typeof publicKey>[] }

/** The keys that access tokens are verified with (RFC 7517), public members only. */
export function jwksEndpoint({ limits }: EndpointSettings): Endpoint {
  return endpoint('GET /.well-known/jwks.json', {
    summary: 'The public keys of access tokens',
    tags: ['identity'],
    access: anyone('whoever verifies our tokens needs the public keys'),
    limit: limits.jwks,
    // Well below the overlap of a rotation: an old key is not missed. A new one is: whoever keeps them asks again for a kid that is new.
    headers: { publicForSeconds: 300 },
    reply: plain(z.strictObject({ keys: z.array(publicKey).max(32) }), 'public keys are nobody’s secret'),
    handle: (_input, context) => context.identity.jwks() as JwksDocument & PublicKeys,
  })
}
