import type { Authenticated, IdentityFactory } from '../../src/identity/identity.ts'

/** Identity without cryptography, for tests of everything else: the token says who it is, `alice.acme.admin+billing`, or `key-alice.acme.scope+scope`. */
export const fakeIdentity: IdentityFactory = () => ({
  kind: 'external',
  service: null,
  describe: { credentials: ['a name'], passwords: null, tokenGaps: ['everything'], lacks: [] },
  authenticate({ value }) {
    const match = /^(key-)?([a-z0-9-]+)\.([a-z0-9-]+)(?:\.([a-z~+]+))?$/.exec(value)
    if (!match) return { rejected: 'invalid', detail: 'no fake token' }
    const [, key, id = '', tenant = '', words] = match
    const list = words?.replaceAll('~', ':').split('+') ?? []
    const verified: Authenticated = {
      principal: {
        kind: key ? 'client' : 'user',
        key: `fake ${id}`,
        issuer: 'fake',
        id,
        tenant,
        roles: key ? [] : list,
        scopes: key ? list : [],
        authenticatedAt: new Date(0),
        factors: 1,
        sessionId: `session-${id}`,
        tokenId: `token-${id}`,
      },
      epoch: 0,
      issuedAt: 0,
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
    return verified
  },
})
