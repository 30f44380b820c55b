import type { ConnectionPool } from './connection.ts'
import { RESTRICTED_ROLE } from './identity.ts'

/** What was found out about the role at start. */
export interface RowSecurityReport {
  readonly role: string
  readonly checked: boolean
  /** Tables and views that the role may use and that no row-level security guards, as `schema.name`. */
  readonly unprotectedTables: readonly string[]
}

const ROLE_FACTS = `
  select r.rolcanlogin or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as powerful,
    exists (select from pg_auth_members m where m.member = r.oid) as member,
    exists (select from pg_class c where c.relowner = r.oid) or exists (select from pg_proc p where p.proowner = r.oid)
      or exists (select from pg_namespace n where n.nspowner = r.oid) as owner
  from pg_roles r where r.rolname = $1`

/** A view runs with its owner's rights unless it says `security_invoker`: it passes over the policies below it. */
const UNPROTECTED = `
  select format('%s.%s', n.nspname, c.relname) as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_toast%' and n.nspname not like 'pg\\_temp%'
    and (has_table_privilege($1, c.oid, 'select, insert, update, delete, truncate') or has_any_column_privilege($1, c.oid, 'select, insert, update'))
    and has_schema_privilege($1, n.oid, 'usage')
    and ((c.relkind in ('r', 'p') and not c.relrowsecurity)
      or c.relkind in ('m', 'f')
      or (c.relkind = 'v' and not coalesce(c.reloptions::text[] && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)))
  order by 1`

/**
 * Checks that the role is as weak as row-level security needs it.
 * @throws {TypeError} When it can log in, create, own, inherit or bypass.
 */
export async function checkRestrictedRole(pool: ConnectionPool): Promise<RowSecurityReport> {
  const connection = await pool.connect()
  try {
    const [facts] = (await connection.query(ROLE_FACTS, [RESTRICTED_ROLE])).rows as {
      powerful: boolean
      member: boolean
      owner: boolean
    }[]
    if (!facts) throw new TypeError(`the role ${RESTRICTED_ROLE} does not exist`)
    const faults = [
      facts.powerful && 'has rights of its own',
      facts.member && 'is a member of another role',
      facts.owner && 'owns something',
    ]
    const found = faults.filter((fault) => fault !== false)
    if (found.length > 0) {
      throw new TypeError(
        `the role ${RESTRICTED_ROLE} ${found.join(' and ')}: row-level security would not hold. Make it nologin nosuperuser nobypassrls, revoke its memberships, and let another role own the tables`,
      )
    }
    const { rows } = await connection.query(UNPROTECTED, [RESTRICTED_ROLE])
    return {
      role: RESTRICTED_ROLE,
      checked: true,
      unprotectedTables: (rows as { name: string }[]).map((row) => row.name),
    }
  } finally {
    connection.release()
  }
}

/** What `set role` could be smuggled through. Needs a superuser, as the embedded database has. */
const HARDENING = `
  revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
  revoke usage on language plpgsql from public;
  revoke usage on language sql from public;
  revoke create on schema public from public;
  revoke temporary on database postgres from public;
`

/**
 * On one connection the session is the owner's, and only the role stands between a query and its rights. So the role loses what
 * could change the role: settings, anonymous code blocks, functions. Statements other than data statements are refused before.
 */
export async function hardenSharedSession(pool: ConnectionPool): Promise<void> {
  const connection = await pool.connect()
  try {
    await connection.query(HARDENING)
  } finally {
    connection.release()
  }
}
