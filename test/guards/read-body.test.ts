import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { type BodyLimits, readBody } from '../../src/guards/read-body.ts'

async function* chunks(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(97)
}

async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  const error = await promise.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  )
  if (error instanceof Refusal) return error
  throw error
}

describe('read body', () => {
  it('reads nothing, one chunk, several', async () => {
    const limits: BodyLimits = { maxBytes: 10, declaredLength: null }
    expect(await readBody(null, limits)).toHaveLength(0)
    expect(await readBody(chunks([3]), limits)).toHaveLength(3)
    expect(Buffer.from(await readBody(chunks([3, 0, 7]), { ...limits, declaredLength: 10 })).toString()).toBe(
      'a'.repeat(10),
    )
  })

  it('lesson 30: passes exactly the bodies within the limit, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 8 }), fc.nat(200), async (sizes, maxBytes) => {
        const total = sizes.reduce((sum, size) => sum + size, 0)
        const reading = readBody(chunks(sizes), { maxBytes, declaredLength: null })
        if (total <= maxBytes) expect(await reading).toHaveLength(total)
        else expect((await refusalOf(reading)).code).toBe('too_large')
      }),
    )
  })

  it('lesson 30: stops at the limit of an endless chunked body and leaves the stream alone', async () => {
    let given = 0
    let returned = false
    const endless: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          given++
          return { done: false, value: new Uint8Array(1000) }
        },
        return: async () => {
          returned = true
          return { done: true, value: undefined }
        },
      }),
    }
    expect((await refusalOf(readBody(endless, { maxBytes: 4500, declaredLength: null }))).code).toBe('too_large')
    expect(given).toBe(5)
    expect(returned).toBe(false)
  })

  it('refuses a declared length above the limit, or no number, before reading', async () => {
    const untouched: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        throw new Error('it was read')
      },
    }
    expect((await refusalOf(readBody(untouched, { maxBytes: 10, declaredLength: 11 }))).code).toBe('too_large')
    expect((await refusalOf(readBody(untouched, { maxBytes: 10, declaredLength: Number.NaN }))).code).toBe('too_large')
    const refusal = await refusalOf(readBody(untouched, { maxBytes: 10, declaredLength: 5, contentEncoding: 'gzip' }))
    expect([refusal.code, refusal.headers.connection]).toEqual(['unsupported_media_type', 'close'])
  })

  it.each(['gzip', 'br', 'deflate', 'x-gzip', 'identity, gzip', 'GZIP', ''])(
    'lesson 30: refuses the content coding %j',
    async (contentEncoding) => {
      expect(
        (await refusalOf(readBody(chunks([1]), { maxBytes: 10, declaredLength: null, contentEncoding }))).code,
      ).toBe('unsupported_media_type')
    },
  )
  it('accepts identity', async () => {
    expect(await readBody(chunks([1]), { maxBytes: 10, declaredLength: 1, contentEncoding: 'Identity' })).toHaveLength(
      1,
    )
  })

  it('refuses a body that is not as long as declared, or breaks off', async () => {
    expect((await refusalOf(readBody(chunks([3]), { maxBytes: 10, declaredLength: 4 }))).code).toBe('ambiguous_framing')
    expect((await refusalOf(readBody(chunks([5]), { maxBytes: 10, declaredLength: 4 }))).code).toBe('ambiguous_framing')
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new Error('aborted')
    }
    expect((await refusalOf(readBody(broken(), { maxBytes: 10, declaredLength: null }))).code).toBe('bad_request')
  })

  describe('over a connection', () => {
    const server = createServer((incoming, reply) => {
      const length = incoming.headers['content-length']
      const limits = {
        maxBytes: 10_000,
        declaredLength: length === undefined ? null : Number(length),
        contentEncoding: incoming.headers['content-encoding'],
      }
      readBody(incoming, limits).then(
        (bytes) => reply.end(String(bytes.byteLength)),
        (error: Refusal) => reply.writeHead(error.status, error.headers).end(error.code),
      )
    })
    beforeAll(() => new Promise<void>((done) => void server.listen(0, '127.0.0.1', done)))
    afterAll(() => void server.close())

    function post(headers: Record<string, string>, body: Buffer): Promise<string> {
      return new Promise((resolve, reject) => {
        const call = request(
          { host: '127.0.0.1', port: (server.address() as AddressInfo).port, method: 'POST', headers },
          (reply) => {
            let text = ''
            reply.on('data', (chunk) => (text += chunk)).on('end', () => resolve(`${reply.statusCode} ${text}`))
          },
        )
        // The server closes while the client may still be writing.
        call.on('error', (error: NodeJS.ErrnoException) =>
          error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
        )
        call.end(body)
      })
    }

    it.each([
      ['a body within the limit', { 'content-length': '10000' }, Buffer.alloc(10_000), '200 10000'],
      ['a declared one beyond', { 'content-length': '10001' }, Buffer.alloc(10_001), '413 too_large'],
      ['a chunked one within', { 'transfer-encoding': 'chunked' }, Buffer.alloc(10_000), '200 10000'],
      ['a chunked one beyond', { 'transfer-encoding': 'chunked' }, Buffer.alloc(12_000), '413 too_large'],
      ['a gzip bomb', { 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(5_000_000)), '415 unsupported_media_type'],
    ])('lesson 30: answers %s', async (_name, headers, body, answer) => {
      expect(await post(headers, body)).toBe(answer)
    })
  })
})
