/** The part of a driver that Turnpike needs. `pg.Pool` fits as it is; the embedded database is wrapped into it. */
export interface ConnectionPool {
  /** @throws {StoreError} When no connection is free in time, or the pool has ended. */
  connect(): Promise<Connection>
  /** Waits for running work, then closes. */
  end(): Promise<void>
}

export interface Connection {
  /** Without parameters the text may hold several statements. */
  query(text: string, parameters?: unknown[]): Promise<QueryAnswer>
  /** @param broken - Throw the connection away rather than reuse it. */
  release(broken?: Error): void
}

export interface QueryAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly unknown[]
}
