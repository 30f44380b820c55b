import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One request of llhttp's own tests: the bytes, and what its strict parser logs. */
export interface LlhttpSample {
  readonly name: string
  readonly bytes: Buffer
  /** `request`, `request-lenient-headers` …: what the log was taken with. */
  readonly type: string
  readonly log: string
}

const SAMPLE = /^## (.+)$|<!-- meta=(\{.*?\}) -->\s*```http\n([\s\S]*?)```\s*```log\n([\s\S]*?)```/gm

/** Reads the samples of `llhttp/test/request`, undoing the notation of their Markdown: lines end in CRLF, `\r`, `\n`, `\t`, `\f`, `\xHH` are bytes. */
export function readLlhttpSamples(vectors: string): LlhttpSample[] {
  const folder = join(vectors, 'llhttp', 'test', 'request')
  const samples: LlhttpSample[] = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
    let heading = ''
    let nth = 0
    for (const [, title, meta, http, log] of readFileSync(join(folder, file), 'utf8').matchAll(SAMPLE)) {
      if (title !== undefined) {
        heading = title
        nth = 0
        continue
      }
      const { type } = JSON.parse(meta ?? '{}') as { type: string }
      samples.push({ name: `${file} ${heading} ${++nth}`, bytes: bytesOf(http ?? ''), type, log: log ?? '' })
    }
  }
  return samples
}

function bytesOf(notation: string): Buffer {
  const text = notation
    .replace(/\n$/, '')
    .replace(/\\\n/g, '')
    .replace(/\n/g, '\r\n')
    .replace(/\\r/g, '\r')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\f/g, '\f')
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(text, 'latin1')
}
