import type { Dispatcher } from 'undici'
import { Refusal } from '../../base/refusal.ts'
import type { OutboundAnswer } from '../../contract/context.ts'
import type { AnySchema } from '../../contract/schema.ts'
import type { OutboundChecks } from './outbound-checks.ts'
import type { OutboundPolicy } from './outbound-policy.ts'

const ESSENCE = /^([a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64})[ \t]*(?:;(.*))?$/i

/**
 * Turns what an upstream sent into what its schema lets through (OWASP API10). A body is read only for a 2xx and a schema:
 * bounded, unencoded, of a declared media type, as strict UTF-8 JSON. Otherwise it is null; no foreign byte is relayed.
 * @throws {Refusal} `upstream_failed`
 */
export async function validatedAnswer<S extends AnySchema>(
  response: Dispatcher.ResponseData,
  reply: S | 'discard',
  limits: { readonly policy: OutboundPolicy; readonly checks: OutboundChecks; readonly signal: AbortSignal },
): Promise<OutboundAnswer<S>> {
  const status = response.statusCode
  const contentType = readContentType(response.headers['content-type'])
  const mediaType = contentType?.mediaType ?? null
  if (reply === 'discard' || status < 200 || status > 299) return { status, mediaType, body: null }
  if (mediaType === null || !limits.policy.mediaTypes.includes(mediaType))
    throw failed(`the media type ${mediaType} is not declared`)
  if (!contentType?.utf8) throw failed('the charset is not UTF-8')
  refuseEncoded(response.headers['content-encoding'])
  const value = parseJson(await readBody(response.body, limits.checks.answerBytes(limits.policy.maxBytes)))
  return { status, mediaType, body: await limits.checks.answerSchema(reply, value, limits.signal) }
}

function readContentType(header: string | string[] | undefined): { mediaType: string; utf8: boolean } | null {
  const match = typeof header === 'string' ? ESSENCE.exec(header) : null
  if (!match) return null
  const charset = /(?:^|;)[ \t]*charset[ \t]*=[ \t]*([^;]*)/i.exec(match[2] ?? '')?.[1]
  return {
    mediaType: (match[1] ?? '').toLowerCase(),
    utf8: charset === undefined || /^"?utf-8"?[ \t]*$/i.test(charset),
  }
}

/** Nothing is ever decompressed, so a small answer cannot become a large one. */
function refuseEncoded(header: string | string[] | undefined): void {
  if (header !== undefined && String(header).toLowerCase() !== 'identity')
    throw failed('the answer is encoded, though only identity was accepted')
}

async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw failed(`the answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), refusePrototype)
  } catch (cause) {
    throw failed('the answer is no acceptable JSON', cause)
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a __proto__ key')
  return value
}

function failed(detail: string, cause?: unknown): Refusal {
  return new Refusal('upstream_failed', { detail, cause })
}
