import { describe, expect, it } from 'vitest'
import { startKeyListener } from '../../../src/prover/listeners/key-listener.ts'

describe('the listener that publishes keys', () => {
  it.each(['127.0.0.1', '127.0.0.1:0', 'localhost'])(
    'serves what was published at %s, and counts',
    async (callback) => {
      const listener = await startKeyListener(callback)
      try {
        listener.publish('/a/jwks.json', 'application/json', '{"keys":[]}')
        const answer = await fetch(listener.url('/a/jwks.json'))
        expect(answer.headers.get('content-type')).toBe('application/json')
        expect(await answer.json()).toEqual({ keys: [] })
        expect((await fetch(listener.url('/b'))).status).toBe(404)
        expect([listener.hits('/a/jwks.json'), listener.hits('/b'), listener.hits('/c')]).toEqual([1, 1, 0])
      } finally {
        await listener.close()
      }
    },
  )

  it('an address that is not of this machine throws', async () => {
    await expect(startKeyListener('192.0.2.1')).rejects.toThrow(/EADDRNOTAVAIL|EINVAL|EACCES/)
  })
})
