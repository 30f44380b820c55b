/** A store could not answer. The pipeline turns it into 503 with Retry-After and audits it; nobody guesses. */
export class StoreError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
  }
}
