import type { IncomingMessage, ServerResponse } from 'node:http'

/** What is still read of a body that nobody wanted, so that the answer arrives before the connection closes. */
const DRAIN_BYTES = 1_000_000
const DRAIN_MILLISECONDS = 2000

/** Requests whose client waits for `100 Continue` before it sends the body. */
const uninvited = new WeakSet<IncomingMessage>()

/** Leaves the invitation (RFC 9110 section 10.1.1) to whoever wants the body. For the event `checkContinue`. */
export function inviteLater(request: IncomingMessage): void {
  uninvited.add(request)
}

/** A body that is read on demand. Whoever stops early leaves the connection alive, so that an answer can be sent on it. */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #iterator: AsyncIterableIterator<Uint8Array> | null = null

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    // Step 6 has passed: the body is wanted.
    if (uninvited.delete(this.#request)) this.#response.writeContinue()
    this.#iterator = this.#request.iterator({ destroyOnReturn: false })
    return this.#iterator
  }

  /** Whether the whole body is here. An answer can be ready before the parser is through with the packet that it answers. */
  async arrived(): Promise<boolean> {
    if (!this.#request.complete && !this.uninvited) await new Promise((done) => setImmediate(done))
    return this.#request.complete
  }

  /** Whether the client sends them only when it is invited. */
  get uninvited(): boolean {
    return uninvited.has(this.#request)
  }

  /** Reads on for a moment, bounded. A connection closed on unread bytes is reset, which can take the answer with it. */
  async drain(): Promise<void> {
    await this.#iterator?.return?.()
    const request = this.#request
    if (request.destroyed) return
    await new Promise<void>((done) => {
      let bytes = 0
      const timer = setTimeout(done, DRAIN_MILLISECONDS)
      const finish = () => {
        clearTimeout(timer)
        done()
      }
      request.on('data', (chunk: Uint8Array) => {
        bytes += chunk.length
        if (bytes > DRAIN_BYTES) finish()
      })
      for (const event of ['end', 'close', 'error']) request.once(event, finish)
      request.resume()
    })
  }
}

/** Whether a body parser was here before. Nothing about such a body can be checked any more. */
export function bodyWasEaten(request: IncomingMessage): boolean {
  if (!(request.readableDidRead || request.readableEnded)) return false
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return length === undefined ? coding !== undefined : length !== '0'
}
