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
  /**
   * Optional: several statements in one round trip. Outside a transaction they form one of their own; when one fails, the others did not happen.
   * @returns One answer a statement.
   */
  pipeline?(statements: readonly PipelinedStatement[]): Promise<readonly QueryAnswer[]>
  /** @param broken - Throw the connection away rather than reuse it. */
  release(broken?: Error): void
}

export interface QueryAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly unknown[]
}

export interface PipelinedStatement {
  readonly text: string
  readonly parameters: readonly unknown[]
}
