import { expect, it, vi } from 'vitest'

const { loaded, watched } = vi.hoisted(() => {
  const seen: string[] = []
  const watch = (name: string) => async (original: () => Promise<unknown>) => {
    seen.push(name)
    return (await original()) as object
  }
  return { loaded: seen, watched: watch }
})
vi.mock('jose', watched('jose'))
vi.mock('@node-rs/argon2', watched('argon2'))
vi.mock('@node-rs/bcrypt', watched('bcrypt'))
vi.mock('@electric-sql/pglite', watched('pglite'))

it('importing identity loads no token library, no hash and no database; opening it loads tokens, the first login the hash', async () => {
  const { external, generateTokenKeys, local } = await import('../../src/identity/index.ts')
  expect(loaded).toEqual([])
  local({ issuer: 'i', audience: 'a', tokenKeys: await generateTokenKeys() })
  external({ jwt: { alg: 'HS256', key: crypto.getRandomValues(new Uint8Array(32)) }, principal: () => null })
  expect(loaded).toEqual([])
  const { bench, signUp } = await import('./local-identity.ts')
  const on = await bench()
  expect(loaded).toEqual(['jose'])
  await signUp(on)
  expect(loaded).toEqual(['jose', 'argon2'])
})
