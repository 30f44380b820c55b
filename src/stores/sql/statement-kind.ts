/** Locks rows, or calls what lives only inside a transaction. */
const NEEDS_TRANSACTION =
  /\bfor\s+(no\s+key\s+)?update\b|\bfor\s+(key\s+)?share\b|\binto\b|\bpg_(try_)?advisory|\bset_config\b/i
const DATA_STATEMENT = /^[\s(]*(select|insert|update|delete|merge|with|values)\b/i
const SELECT = /^[\s(]*select\b/i
const SESSION_STATEMENT = /^\s*(begin|start|commit|end|rollback|abort|savepoint|release|prepare|set|reset|discard)\b/i

/**
 * Whether it may run before the unit's transaction has begun. A guess on the safe side: what it takes for a plain read runs in a
 * read-only transaction, where PostgreSQL refuses whatever writes after all.
 */
export function isPlainSelect(text: string): boolean {
  return SELECT.test(text) && !NEEDS_TRANSACTION.test(text)
}

/**
 * As a principal only data statements run: `set role`, `do` or `create function` would leave the restricted role.
 * @throws {TypeError} For any other statement; a leading comment counts as other.
 */
export function requireDataStatement(text: string): void {
  if (!DATA_STATEMENT.test(text)) {
    throw new TypeError(
      `"${firstWords(text)}" does not run as a principal: only select, insert, update, delete, merge, with and values do. Use a migration, or dangerouslyWithoutRowSecurity()`,
    )
  }
}

/** @throws {TypeError} For statements that would pull the transaction or the session from under the unit of work. */
export function refuseSessionStatement(text: string): void {
  if (SESSION_STATEMENT.test(text)) {
    throw new TypeError(
      `"${firstWords(text)}" is the unit of work's own business: wrap the queries in transaction() instead`,
    )
  }
}

function firstWords(text: string): string {
  return text.trim().slice(0, 40)
}
