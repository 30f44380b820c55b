import { connect, type Socket } from 'node:net'

/** A connection on which a test writes bytes as they are. */
export interface RawSocket {
  readonly socket: Socket
  write(bytes: string | Uint8Array): void
  /** Writes the piece again and again, as fast as it is taken, until the server closes or all is sent. @returns The bytes that were taken. */
  writeUntilClosed(piece: Uint8Array, bytes: number): Promise<number>
  /** Everything received so far. */
  text(): string
  /** Resolves when what was received matches. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with everything received when the server has closed. */
  closed(): Promise<string>
}

export async function openSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url)
  let text = ''
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    socket.emit('received')
  })
  // A reset is one way of closing.
  socket.on('error', () => {})
  await new Promise<void>((done, fail) => {
    socket.once('connect', done)
    socket.once('error', fail)
  })
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    async writeUntilClosed(piece, bytes) {
      let sent = 0
      while (sent < bytes) {
        const taken = await new Promise<boolean>((done) => socket.write(piece, (error) => done(!error)))
        if (!taken) break
        sent += piece.byteLength
      }
      return sent
    },
    text: () => text,
    until: (pattern) =>
      new Promise((done, fail) => {
        const look = () => {
          if (!pattern.test(text)) return
          socket.off('received', look)
          done(text)
        }
        socket.on('received', look)
        socket.once('close', () =>
          pattern.test(text) ? done(text) : fail(new Error(`closed after: ${text.slice(0, 500)}`)),
        )
        look()
      }),
    closed: () =>
      socket.closed ? Promise.resolve(text) : new Promise((done) => socket.once('close', () => done(text))),
  }
}

/** Writes bytes and reads until the server closes. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<string> {
  const raw = await openSocket(url)
  raw.write(bytes)
  return await raw.closed()
}

/** The problem document in a raw answer. */
export function problemOf(text: string): {
  readonly status: number
  readonly code: string
  readonly requestId: string
} {
  const body = /\r\n\r\n(\{.*\})/s.exec(text)?.[1]
  if (body === undefined) throw new Error(`no problem document in: ${text.slice(0, 500)}`)
  return JSON.parse(body) as { status: number; code: string; requestId: string }
}

/** A promise that a test settles. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
