import { Refusal } from '../base/refusal.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Value of Content-Length; null for a chunked body. */
  readonly declaredLength: number | null
  /** Value of Content-Encoding, if sent. */
  readonly contentEncoding?: string | undefined
}

const CLOSE = { connection: 'close' }

/**
 * Reads a body, never holding more than `maxBytes` plus one chunk, however it is framed (OWASP API4). Compressed bodies are refused unread, so
 * that nothing inflates. A refusal leaves the rest on the wire: the host answers and closes the connection.
 * @throws {Refusal} `too_large`, `unsupported_media_type` for a content coding, `bad_request` when the client leaves before the end,
 *   `ambiguous_framing` when the length is not the declared one.
 */
export async function readBody(body: AsyncIterable<Uint8Array> | null, limits: BodyLimits): Promise<Uint8Array> {
  const { maxBytes, declaredLength, contentEncoding } = limits
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') {
    const headers = { 'accept-encoding': 'identity', ...CLOSE }
    throw new Refusal('unsupported_media_type', { detail: 'a content coding', headers })
  }
  if (declaredLength !== null && !(declaredLength <= maxBytes)) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  if (body) {
    // No for await: leaving it early would destroy the socket, and with it the answer.
    const iterator = body[Symbol.asyncIterator]()
    for (let item = await next(iterator); !item.done; item = await next(iterator)) {
      size += item.value.byteLength
      if (!(size <= maxBytes)) throw tooLarge(maxBytes)
      chunks.push(item.value)
    }
  }
  if (declaredLength !== null && size !== declaredLength) {
    throw new Refusal('ambiguous_framing', { detail: `${size} bytes of ${declaredLength} declared`, headers: CLOSE })
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, size)
}

async function next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
  try {
    return await iterator.next()
  } catch (cause) {
    throw new Refusal('bad_request', { detail: 'the body ended early', headers: CLOSE, cause })
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal('too_large', { detail: `more than ${maxBytes} bytes`, headers: CLOSE })
}
