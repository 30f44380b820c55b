import { createConnection } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { type Listener, startListener } from '../../../src/prover/listeners/listener.ts'
import { dripping, flooding, redirecting, saying } from '../../../src/prover/listeners/replies.ts'

async function withListener(work: (listener: Listener) => Promise<void>, ...addresses: readonly string[]) {
  const listener = await startListener(addresses.length > 0 ? addresses : ['127.0.0.1', '::1'])
  try {
    await work(listener)
  } finally {
    await listener.close()
  }
}

describe('our listener', () => {
  it('answers what it was told to, and counts who came', () =>
    withListener(async (listener) => {
      listener.answer('/a/jwks.json', saying('{"keys":[]}'))
      const answer = await fetch(listener.url('/a/jwks.json?x=1'))
      expect(answer.headers.get('content-type')).toBe('application/json')
      expect(await answer.json()).toEqual({ keys: [] })
      expect((await fetch(listener.url('/b'))).status).toBe(404)
      expect(['/a/', '/b', '/c', ''].map((text) => listener.hits(text).length)).toEqual([1, 1, 0, 2])
    }))

  it('keeps method, headers and body', () =>
    withListener(async (listener) => {
      await fetch(listener.url('/x'), { method: 'POST', body: 'said', headers: { 'X-One': '1' } })
      expect(listener.hits('/x')[0]).toMatchObject({
        how: 'http',
        method: 'POST',
        body: 'said',
        headers: { 'x-one': '1' },
      })
    }))

  it('redirects', () =>
    withListener(async (listener) => {
      listener.answer('/from', redirecting(listener.url('/to'), 307))
      const answer = await fetch(listener.url('/from'), { redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([307, listener.url('/to')])
    }))

  it('notices who offers TLS, speaks otherwise, or says nothing', () =>
    withListener(async (listener) => {
      const { port } = listener
      await new Promise((done) => connectTls({ host: '127.0.0.1', port }).on('error', done).on('close', done))
      await new Promise((done) => {
        createConnection({ host: '127.0.0.1', port }, function (this: { write(text: string): void }) {
          this.write('dict nonce\r\n')
        }).on('close', done)
      })
      await new Promise((done) => createConnection({ host: '127.0.0.1', port }).on('close', done))
      await listener.awaited('none', 40)
      expect(listener.hits().map(({ how }) => how)).toEqual(['tls', 'other', 'silent'])
      expect(listener.hits('nonce')).toHaveLength(1)
    }))

  it('is reached by every address, at one port', () =>
    withListener(
      async (listener) => {
        for (const host of ['127.0.0.1', '127.0.0.3']) await fetch(listener.url('/x', host))
        expect(listener.hits('/x')).toHaveLength(2)
      },
      '127.0.0.1',
      '127.0.0.3',
      '192.0.2.1',
    ))

  it('an address that is not of this machine throws', async () => {
    await expect(startListener(['192.0.2.1'])).rejects.toThrow(/EADDRNOTAVAIL|EINVAL|EACCES/)
  })
})

describe('answers without an end', () => {
  it('flood up to their bound, and say so', () =>
    withListener(async (listener) => {
      const { reply, taken } = flooding(1_000_000)
      listener.answer('/x', reply)
      const text = await (await fetch(listener.url('/x'))).text()
      expect(text.length).toBeGreaterThanOrEqual(1_000_000)
      expect(taken).toMatchObject({ ended: true, letGo: false })
    }))

  it('notice who lets go', () =>
    withListener(async (listener) => {
      const { reply, taken } = dripping(60_000)
      listener.answer('/x', reply)
      await expect(
        fetch(listener.url('/x'), { signal: AbortSignal.timeout(300) }).then((answer) => answer.text()),
      ).rejects.toThrow()
      await expect.poll(() => taken.letGo).toBe(true)
      expect(taken.ended).toBe(false)
    }))
})
