import type { Principal } from '../../contract/principal.ts'
import type { PipelinedStatement } from './connection.ts'

/** The role that application queries run as. It owns nothing and cannot pass over row-level security. */
export const RESTRICTED_ROLE = 'turnpike_app'

/** Who a statement runs as. `settings` is null for the owner's rights. */
export interface Identity {
  readonly key: string
  readonly settings: readonly string[] | null
}

export const OWNER: Identity = Object.freeze({ key: 'owner', settings: null })

const TAKE_IDENTITY =
  "select set_config('role', $1, true), set_config('turnpike.subject', $2, true), set_config('turnpike.issuer', $3, true), " +
  "set_config('turnpike.tenant', $4, true), set_config('turnpike.roles', $5, true), set_config('turnpike.kind', $6, true)"

/** The restricted role may not call set_config, so going back is a statement of its own. */
const DROP_IDENTITY: PipelinedStatement = { text: 'set local role none', parameters: [] }

export const READ_ONLY: PipelinedStatement = {
  text: "select set_config('transaction_read_only', 'on', true)",
  parameters: [],
}

/** The statements that lead from one identity to another inside a transaction. */
export function stepsBetween(before: Identity, after: Identity): readonly PipelinedStatement[] {
  if (before.key === after.key) return []
  const drop = before.settings === null ? [] : [DROP_IDENTITY]
  const take = after.settings === null ? [] : [{ text: TAKE_IDENTITY, parameters: after.settings }]
  return [...drop, ...take]
}

const known = new WeakMap<Principal, Identity>()

/** The settings that row-level security policies read for a principal. */
export function identityOf(principal: Principal): Identity {
  const cached = known.get(principal)
  if (cached) return cached
  // A comma would turn one role into two: such a name is nobody's, so it is left out rather than believed.
  const roles = principal.roles.filter((role) => !role.includes(','))
  const settings = [
    RESTRICTED_ROLE,
    principal.id,
    principal.issuer,
    principal.tenant ?? '',
    roles.join(','),
    principal.kind,
  ]
  const identity = Object.freeze({ key: JSON.stringify(settings), settings })
  known.set(principal, identity)
  return identity
}
