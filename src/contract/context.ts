import type { Principal } from './principal.ts'
import type { AnyResource, SealableRow, StoredRow } from './resource.ts'
import type { AnySchema, OutputOf } from './schema.ts'

/**
 * What the application's own `context` function gives to handlers, `find` and relations. Add yours by declaration merging:
 * `declare module 'turnpike' { interface AppContext { db: Kysely<Tables> } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled by declaration merging.
export interface AppContext {}

/** One call to the outside. The answer is validated by `reply` and never relayed raw (OWASP API10). */
export interface OutboundCall<S extends AnySchema> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly reply: S | 'discard'
}

export interface OutboundAnswer<S extends AnySchema> {
  readonly status: number
  readonly mediaType: string | null
  /** Null when discarded. */
  readonly body: OutputOf<S> | null
}

/** What every handler gets beside its input. */
export interface Context extends AppContext {
  readonly principal: Principal
  readonly requestId: string
  /** Aborted when the client leaves or the endpoint's deadline passes. */
  readonly signal: AbortSignal
  /** The present instant by the injected clock. */
  now(): Date
  /**
   * Calls a declared host, or a public address (OWASP API7): vetted, pinned, bounded.
   * @throws {Refusal} `outbound_denied` or `upstream_failed`.
   * @throws {TypeError} Inside an open database transaction: no connection is held across a call.
   */
  fetch<S extends AnySchema>(url: string, call: OutboundCall<S>): Promise<OutboundAnswer<S>>
  /** Seals the fields of a row that its resource declares as sealed, for its owner: the form to write into the database. */
  seal<R extends AnyResource>(resource: R, row: SealableRow<R>): Promise<StoredRow<R>>
  /** A security event of the application; it commits with the request. */
  audit(event: string, facts?: Readonly<Record<string, string | number | boolean | null>>): void
}
