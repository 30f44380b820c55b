import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** One request and its answer, while it is open. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Called once when the answer was sent or the client left. */
  readonly onEnd: () => void
}

/** The requests that are being answered now, by connection: what load shedding counts and a shutdown waits for. */
export class Exchanges {
  #count = 0
  #closing = false
  readonly #byConnection = new WeakMap<Socket, Exchange[]>()
  #waiting: (() => void)[] = []

  get count(): number {
    return this.#count
  }

  /** Whether every answer is the last one of its connection. */
  get closing(): boolean {
    return this.#closing
  }

  enter(exchange: Exchange): void {
    const { socket } = exchange.request
    const open = this.#byConnection.get(socket) ?? this.#connect(socket)
    open.push(exchange)
    this.#count += 1
    exchange.response.on('close', () => this.#leave(exchange, open))
  }

  /** Oldest first: answers leave in the order of the requests. */
  of(socket: Socket): readonly Exchange[] {
    return [...(this.#byConnection.get(socket) ?? [])]
  }

  /** From now on answers say `Connection: close`. */
  close(): void {
    this.#closing = true
  }

  /** Resolves when nothing is open. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((done) => this.#waiting.push(done))
  }

  #connect(socket: Socket): Exchange[] {
    // A list: it holds one exchange, or the few that a client pipelines.
    const open: Exchange[] = []
    this.#byConnection.set(socket, open)
    // The answers of pipelined requests that stand behind another one have no socket yet, and so no end of their own.
    socket.once('close', () => {
      for (const exchange of [...open]) this.#leave(exchange, open)
    })
    return open
  }

  #leave(exchange: Exchange, open: Exchange[]): void {
    const at = open.indexOf(exchange)
    if (at === -1) return
    open.splice(at, 1)
    this.#count -= 1
    exchange.onEnd()
    // An answer that began before the shutdown did not say that it is the last.
    if (this.#closing && open.length === 0) exchange.request.socket.destroySoon()
    if (this.#count > 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done()
  }
}
