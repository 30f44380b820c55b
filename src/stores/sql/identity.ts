import type { Principal } from '../../contract/principal.ts'

/** The role that application queries run as. It owns nothing and cannot pass over row-level security. */
export const RESTRICTED_ROLE = 'turnpike_app'

/** Who a statement runs as. `settings` is null for the owner's rights. */
export interface Identity {
  readonly key: string
  readonly settings: readonly string[] | null
}

export const OWNER: Identity = Object.freeze({ key: 'owner', settings: null })

export const TAKE_IDENTITY =
  "select set_config('role', $1, true), set_config('turnpike.subject', $2, true), set_config('turnpike.issuer', $3, true), " +
  "set_config('turnpike.tenant', $4, true), set_config('turnpike.roles', $5, true), set_config('turnpike.kind', $6, true)"

/** Afterwards the statements of the transaction have the owner's rights again. */
export const DROP_IDENTITY = 'set local role none'

const known = new WeakMap<Principal, Identity>()

/** The settings that row-level security policies read for a principal. */
export function identityOf(principal: Principal): Identity {
  const cached = known.get(principal)
  if (cached) return cached
  // A comma would turn one role into two: such a name is nobody's, so it is left out rather than believed.
  const roles = principal.roles.filter((role) => !role.includes(','))
  const settings = [RESTRICTED_ROLE, principal.id, principal.issuer, principal.tenant ?? '', roles.join(','), principal.kind]
  const identity = Object.freeze({ key: JSON.stringify(settings), settings })
  known.set(principal, identity)
  return identity
}
