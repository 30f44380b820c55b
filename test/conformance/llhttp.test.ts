import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LlhttpSample, readLlhttpSamples } from './llhttp-samples.ts'
import { type Exchange, type RawHttp, startRawHttp } from './raw-http.ts'

const vectors = process.env.VECTORS
const samples = vectors ? readLlhttpSamples(vectors) : []
const settings = {
  trustedProxies: [],
  maxTargetBytes: 4096,
  maxHeaderBytes: 16_384,
  maxHeaders: 100,
  hosts: null,
  dangerouslyAllowPlainHttp: false,
}

/** The same bytes with a Host in the first message, so that more than its absence is tried. */
function withHost(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const end = text.indexOf('\r\n', text.search(/\S/))
  return /^host:/im.test(text) || end === -1
    ? bytes
    : Buffer.from(`${text.slice(0, end)}\r\nHost: example.org${text.slice(end)}`, 'latin1')
}

/** Whether two readers may see two ends of the first message: judged from the bytes alone. */
function isAmbiguous(bytes: Buffer): boolean {
  const [head = '', rest] = bytes.toString('latin1').trimStart().split('\r\n\r\n')
  if (rest === undefined) return false
  const fields = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':'))
  const values = (name: string) =>
    fields.filter(([key = '']) => key.trim().toLowerCase() === name).map(([, ...parts]) => parts.join(':').trim())
  const lengths = values('content-length')
  const codings = values('transfer-encoding')
  return (
    (lengths.length > 0 && codings.length > 0) ||
    lengths.length > 1 ||
    lengths.some((it) => !/^\d+$/.test(it)) ||
    codings.length > 1 ||
    codings.some((it) => it !== 'chunked')
  )
}

async function inBatches<T, R>(list: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < list.length; at += 24) results.push(...(await Promise.all(list.slice(at, at + 24).map(act))))
  return results
}

describe.skipIf(!vectors)(`llhttp requests over raw sockets${vectors ? '' : ' (skipped: VECTORS is not set)'}`, () => {
  let server: RawHttp
  let exchanges: { readonly sample: LlhttpSample; readonly bytes: Buffer; readonly exchange: Exchange }[] = []

  beforeAll(async () => {
    server = await startRawHttp(settings)
    const tries = samples.flatMap((sample) =>
      [sample.bytes, withHost(sample.bytes)].map((bytes) => ({ sample, bytes })),
    )
    exchanges = await inBatches(tries, async (it) => ({
      ...it,
      exchange: await server.send(it.bytes, isAmbiguous(it.bytes) ? 'wait' : 'end'),
    }))
  })
  afterAll(() => server?.close())

  it('are read, and some get through', () => {
    expect(samples.length).toBeGreaterThan(140)
    expect(server.accepted.length).toBeGreaterThan(20)
  })

  it('never bring the server down', async () => {
    expect(server.crashes).toEqual([])
    const { statuses } = await server.send(
      Buffer.from('GET /health HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n'),
      'wait',
    )
    expect(statuses).toEqual([200])
  })

  it('get an answer that is a success, a refusal, or the end of the connection', () => {
    const odd = exchanges.filter(({ exchange }) =>
      exchange.statuses.some((status) => status !== 200 && (status < 400 || status === 500 || status > 501)),
    )
    expect(odd.map(({ sample, exchange }) => [sample.name, exchange.text])).toEqual([])
  })

  // The connection was left open, so that an exchange exists only where the server closed it.
  it('lesson 8: ambiguous framing is 400 and the end of the connection, or the end at once', () => {
    const ambiguous = exchanges.filter(({ bytes }) => isAmbiguous(bytes))
    expect(ambiguous.length).toBeGreaterThan(30)
    const wrong = ambiguous.filter(
      ({ exchange }) => exchange.statuses.some((status) => status < 400) || exchange.statuses.length > 1,
    )
    expect(wrong.map(({ sample, exchange }) => [sample.name, exchange.text])).toEqual([])
  })

  it('never more messages get through than the strict parser saw heads', () => {
    const strict = exchanges.filter(({ sample }) => sample.type === 'request')
    expect(strict.length).toBeGreaterThan(200)
    const wrong = strict.filter(({ sample, exchange }) => {
      const heads = sample.log.match(/ headers complete /g)?.length ?? 0
      return exchange.statuses.filter((status) => status === 200).length > heads
    })
    expect(wrong.map(({ sample, exchange }) => [sample.name, exchange.text])).toEqual([])
  })

  it('what got through is canonical', () => {
    for (const request of server.accepted) {
      expect(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).toContain(request.method)
      expect(new URL(request.path, 'http://x').pathname).toBe(request.path)
      expect(request.host).toMatch(/^[a-z0-9.:-]+$/)
    }
  })
})
