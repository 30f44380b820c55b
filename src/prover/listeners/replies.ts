import { setTimeout as delay } from 'node:timers/promises'
import type { Reply } from './listener.ts'

/** A whole answer. */
export const saying =
  (text: string, mediaType = 'application/json'): Reply =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Type': mediaType, Connection: 'close' }).end(text)
  }

/** A redirect. */
export const redirecting =
  (location: string, status = 302): Reply =>
  (_request, response) => {
    response.writeHead(status, { Location: location, Connection: 'close' }).end()
  }

/** Waits before it answers. Real time. */
export const waiting =
  (milliseconds: number, text = '{}'): Reply =>
  (_request, response) => {
    const timer = setTimeout(
      () => response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' }).end(text),
      milliseconds,
    )
    response.on('close', () => clearTimeout(timer))
  }

/** How an answer without an end was taken. */
export interface Taken {
  /** That went out; what stands in the buffers of two sockets counts too. */
  bytes: number
  /** Since its first byte. */
  milliseconds: number
  /** Who called let go before it was over. */
  letGo: boolean
  ended: boolean
}

const CHUNK = Buffer.alloc(65_536, 'a')

/** The beginning of a JSON text that goes on for so many bytes, as fast as it is read. */
export function flooding(maxBytes: number): { readonly reply: Reply; readonly taken: Taken } {
  return endless(async (write, taken) => {
    while (taken.bytes < maxBytes && (await write(CHUNK)));
  })
}

/** A byte now and then, for so long. Real time. */
export function dripping(forMilliseconds: number): { readonly reply: Reply; readonly taken: Taken } {
  return endless(async (write, taken) => {
    while (taken.milliseconds < forMilliseconds && (await write(Buffer.from('a')))) await delay(100)
  })
}

function endless(go: (write: (chunk: Buffer) => Promise<boolean>, taken: Taken) => Promise<void>): {
  readonly reply: Reply
  readonly taken: Taken
} {
  const taken: Taken = { bytes: 0, milliseconds: 0, letGo: false, ended: false }
  const reply: Reply = (_request, response) => {
    const started = performance.now()
    let goOn = () => {}
    response.on('drain', () => goOn())
    response.on('close', () => {
      taken.letGo = !taken.ended
      goOn()
    })
    const write = async (chunk: Buffer): Promise<boolean> => {
      if (response.destroyed) return false
      const flows = response.write(chunk)
      taken.bytes += chunk.length
      taken.milliseconds = performance.now() - started
      if (!flows)
        await new Promise<void>((next) => {
          goOn = next
        })
      return !response.destroyed
    }
    response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' })
    void write(Buffer.from('{"title":"'))
      .then(() => go(write, taken))
      .then(() => {
        taken.ended = !response.destroyed
        response.end('"}')
      })
  }
  return { reply, taken }
}
