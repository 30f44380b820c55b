import type { Draft } from './exchange.ts'

export interface EncodedBody {
  readonly bytes: Buffer
  readonly contentType: string
  /** As it is kept in a report. */
  readonly shown: string
}

/** The body in the form of its media type; null for none. */
export function encodeBody({ body, mediaType }: Draft): EncodedBody | null {
  if (body === undefined) return null
  if (Buffer.isBuffer(body)) return { bytes: body, contentType: mediaType, shown: shownBytes(body) }
  if (mediaType.startsWith('multipart/form-data')) return multipart(body)
  const text =
    typeof body === 'string'
      ? body
      : mediaType.startsWith('application/x-www-form-urlencoded')
        ? formEncoded(body)
        : JSON.stringify(body)
  return { bytes: Buffer.from(text), contentType: mediaType, shown: text }
}

const shownBytes = (bytes: Buffer): string =>
  bytes.length <= 4096 ? bytes.toString('utf8') : `${bytes.subarray(0, 256).toString('utf8')}… (${bytes.length} bytes)`

const entries = (body: unknown): [string, unknown][] =>
  typeof body === 'object' && body !== null ? Object.entries(body) : []

function formEncoded(body: unknown): string {
  const form = new URLSearchParams()
  for (const [name, value] of entries(body))
    for (const each of Array.isArray(value) ? value : [value])
      form.append(name, typeof each === 'object' ? JSON.stringify(each) : String(each))
  return form.toString()
}

function multipart(body: unknown): EncodedBody {
  const boundary = 'turnpike-boundary-7d3f'
  const parts = entries(body).map(([name, value]) => {
    // A file is written as bytes; everything else as text.
    const file = Buffer.isBuffer(value)
    const [ending, type] = file ? kindOf(value) : []
    const head = file
      ? `Content-Disposition: form-data; name="${name}"; filename="file.${ending}"\r\nContent-Type: ${type}`
      : `Content-Disposition: form-data; name="${name}"`
    const content = file ? value : Buffer.from(typeof value === 'object' ? JSON.stringify(value) : String(value))
    return Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')])
  })
  const bytes = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}`, shown: shownBytes(bytes) }
}

/** Uploads are often checked by name, declared type and first bytes together. */
function kindOf(bytes: Buffer): readonly [ending: string, mediaType: string] {
  if (bytes.subarray(1, 4).toString('latin1') === 'PNG') return ['png', 'image/png']
  return bytes.subarray(0, 5).toString('latin1') === '%PDF-' ? ['pdf', 'application/pdf'] : ['txt', 'text/plain']
}
