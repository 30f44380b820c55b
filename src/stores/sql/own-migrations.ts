import type { Migration } from './migration.ts'

const ROLE = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'turnpike_app') then
    create role turnpike_app nologin nosuperuser nocreatedb nocreaterole noinherit nobypassrls;
  end if;
end $$;
grant usage on schema turnpike to turnpike_app;
grant usage on schema public to turnpike_app;
`

const POLICY_FUNCTIONS = `
create function turnpike.subject() returns text language sql stable
  return nullif(current_setting('turnpike.subject', true), '');
create function turnpike.issuer() returns text language sql stable
  return nullif(current_setting('turnpike.issuer', true), '');
create function turnpike.tenant() returns text language sql stable
  return nullif(current_setting('turnpike.tenant', true), '');
create function turnpike.kind() returns text language sql stable
  return nullif(current_setting('turnpike.kind', true), '');
create function turnpike.has_role(role text) returns boolean language sql stable
  return coalesce(role = any (string_to_array(nullif(current_setting('turnpike.roles', true), ''), ',')), false);
grant execute on all functions in schema turnpike to turnpike_app;
`

const USERS = `
create table turnpike.turnpike_users (
  id text collate "C" primary key,
  tenant_id text not null,
  email_index text not null,
  email_index_previous text,
  email_sealed text not null,
  profile jsonb not null,
  roles text[] not null,
  password_hash text not null,
  disabled boolean not null,
  created_at timestamptz not null
);
create index on turnpike.turnpike_users (tenant_id, id);
create index on turnpike.turnpike_users (email_index);
create index on turnpike.turnpike_users (email_index_previous) where email_index_previous is not null;

-- One row for each blind index in use, current or previous: two users never share one, whichever column it is in.
create table turnpike.turnpike_user_emails (
  email_index text primary key,
  user_id text not null references turnpike.turnpike_users on delete cascade deferrable initially deferred
);
create index on turnpike.turnpike_user_emails (user_id);

create table turnpike.turnpike_sessions (
  id text collate "C" primary key,
  user_id text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  authenticated_at timestamptz not null,
  factors integer not null,
  device text not null,
  address_prefix text not null
);
create index on turnpike.turnpike_sessions (user_id);
create index on turnpike.turnpike_sessions (expires_at);

create table turnpike.turnpike_refresh_tokens (
  hash text primary key,
  session_id text not null references turnpike.turnpike_sessions on delete cascade,
  issued_at timestamptz not null,
  idle_expires_at timestamptz not null,
  rotated_at timestamptz,
  successor_hash text,
  successor_sealed text
);
create index on turnpike.turnpike_refresh_tokens (session_id);
create index on turnpike.turnpike_refresh_tokens (successor_hash) where successor_hash is not null;
create index on turnpike.turnpike_refresh_tokens (rotated_at) where successor_sealed is not null;
`

const REVOCATION_AND_GUESSING = `
create table turnpike.turnpike_revocations (
  kind text not null,
  id text not null,
  expires_at timestamptz not null,
  primary key (kind, id)
);
create index on turnpike.turnpike_revocations (expires_at);

create table turnpike.turnpike_standings (
  principal_key text primary key,
  epoch bigint not null,
  disabled boolean not null default false,
  revoked_before timestamptz
);

create table turnpike.turnpike_attempts (
  key text primary key,
  failures integer not null,
  blocked_until timestamptz not null,
  forget_at timestamptz not null
);
create index on turnpike.turnpike_attempts (forget_at);
`

const API_KEYS = `
create table turnpike.turnpike_api_keys (
  id text collate "C" primary key,
  owner_id text not null,
  owner_key text not null,
  tenant_id text not null,
  name text not null,
  secret_hash text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index on turnpike.turnpike_api_keys (owner_id, id);
`

const CLAIMS_AND_RECORDS = `
create table turnpike.turnpike_claims (
  key text primary key,
  fingerprint text not null,
  holder text not null,
  lease_until timestamptz not null,
  expires_at timestamptz not null,
  reply text,
  done_at timestamptz
);
create index on turnpike.turnpike_claims (expires_at);

create table turnpike.turnpike_reservations (
  id text primary key,
  key text not null,
  reserved_at timestamptz not null,
  expires_at timestamptz not null
);
create index on turnpike.turnpike_reservations (key, reserved_at);
create index on turnpike.turnpike_reservations (expires_at);

-- A destroyed subject keeps its row without a key, so that it never gets another.
create table turnpike.turnpike_data_keys (
  subject text collate "C" primary key,
  kid text not null,
  wrapped text
);

create table turnpike.turnpike_audit (
  node text collate "C" not null,
  seq bigint not null,
  previous text not null,
  hash text not null,
  body text not null,
  primary key (node, seq)
);
`

const ROW_SECURITY = `
alter table turnpike.turnpike_users enable row level security;
alter table turnpike.turnpike_api_keys enable row level security;
grant select, update, delete on turnpike.turnpike_users to turnpike_app;
grant select on turnpike.turnpike_api_keys to turnpike_app;

create policy self_or_admin on turnpike.turnpike_users to turnpike_app
  using (id = turnpike.subject() or (turnpike.has_role('admin') and tenant_id = turnpike.tenant()));
create policy self_or_admin on turnpike.turnpike_api_keys to turnpike_app
  using (owner_id = turnpike.subject() or (turnpike.has_role('admin') and tenant_id = turnpike.tenant()));

-- A policy sees the old row or the new one, never both: what a user may not change about himself needs a trigger.
create function turnpike.guard_user_change() returns trigger language plpgsql as $$ begin
  if new.id <> old.id or new.tenant_id <> old.tenant_id then
    raise insufficient_privilege using message = 'id and tenant of a user do not change';
  end if;
  if (new.roles <> old.roles or new.disabled <> old.disabled)
    and not (turnpike.has_role('admin') and old.tenant_id = turnpike.tenant()) then
    raise insufficient_privilege using message = 'only an admin of the tenant changes roles or disables';
  end if;
  return new;
end $$;
create trigger guard_user_change before update on turnpike.turnpike_users
  for each row when (current_user = 'turnpike_app') execute function turnpike.guard_user_change();
`

/** Turnpike's own schema, oldest first. Published ones never change: add another. */
export const OWN_MIGRATIONS: readonly Migration[] = [
  {
    id: '0001-first',
    up: [ROLE, POLICY_FUNCTIONS, USERS, REVOCATION_AND_GUESSING, API_KEYS, CLAIMS_AND_RECORDS, ROW_SECURITY].join('\n'),
  },
]
