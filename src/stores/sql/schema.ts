import type { ColumnType, Generated } from 'kysely'

/** JSON goes in as text and comes out parsed. */
type Json<T> = ColumnType<T, string, string>
/** PostgreSQL's bigint comes out as a number or as text, depending on the driver. */
type BigInteger = ColumnType<number | string, number, number>

export interface TurnpikeTables {
  turnpike_users: UserTable
  turnpike_user_emails: { email_index: string; user_id: string }
  turnpike_sessions: SessionTable
  turnpike_refresh_tokens: RefreshTable
  turnpike_revocations: { kind: 'token' | 'session'; id: string; expires_at: Date }
  turnpike_standings: StandingTable
  turnpike_attempts: AttemptTable
  turnpike_api_keys: ApiKeyTable
  turnpike_claims: ClaimTable
  turnpike_reservations: { id: string; key: string; reserved_at: Date; expires_at: Date }
  turnpike_data_keys: { subject: string; kid: string; wrapped: string | null }
  turnpike_audit: { node: string; seq: BigInteger; previous: string; hash: string; body: string }
}

export interface UserTable {
  id: string
  tenant_id: string
  email_index: string
  email_index_previous: string | null
  email_sealed: string
  profile: Json<Record<string, unknown>>
  roles: string[]
  password_hash: string
  disabled: boolean
  created_at: Date
}

export interface SessionTable {
  id: string
  user_id: string
  created_at: Date
  last_used_at: Date
  expires_at: Date
  ended_at: Date | null
  authenticated_at: Date
  factors: number
  device: string
  address_prefix: string
}

export interface RefreshTable {
  hash: string
  session_id: string
  issued_at: Date
  idle_expires_at: Date
  rotated_at: Date | null
  successor_hash: string | null
  successor_sealed: string | null
}

interface StandingTable {
  principal_key: string
  epoch: BigInteger
  disabled: Generated<boolean>
  revoked_before: Date | null
}

interface AttemptTable {
  key: string
  failures: number
  blocked_until: Date
  forget_at: Date
}

export interface ApiKeyTable {
  id: string
  owner_id: string
  owner_key: string
  tenant_id: string
  name: string
  secret_hash: string
  scopes: string[]
  created_at: Date
  expires_at: Date
  revoked_at: Date | null
  last_used_at: Date | null
}

interface ClaimTable {
  key: string
  fingerprint: string
  holder: string
  lease_until: Date
  expires_at: Date
  reply: string | null
  done_at: Date | null
}
