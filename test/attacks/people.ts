/** Whose identity a request carries. */
export interface Caller {
  readonly name: string
  readonly kind: 'nobody' | 'user' | 'client'
  /** Subject, as rows name their owner. Empty for nobody. */
  readonly userId: string
  readonly tenantId: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** A valid access token or API key, renewed when it is about to expire; null for nobody. */
  credential(): Promise<string | null>
}

/** Somebody with an account. With an outside issuer, e-mail address and password lead nowhere. */
export interface Person extends Caller {
  readonly kind: 'user'
  readonly email: string
  readonly password: string
}

export const ACME = '7d1c1f0e-5a0b-4c7e-9d4e-1f6a3b2c4d5e'
export const GLOBEX = 'c2b8a6f4-3e2d-4b1a-8c9d-0e1f2a3b4c5d'

export const NOBODY: Caller = Object.freeze({
  name: 'nobody',
  kind: 'nobody',
  userId: '',
  tenantId: '',
  roles: [],
  scopes: [],
  credential: async () => null,
})

/** Somebody who shows exactly this credential, whatever it is worth. */
export const bearer = (token: string, name = 'somebody'): Caller => ({ ...NOBODY, name, credential: async () => token })
