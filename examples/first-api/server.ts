import { external } from 'turnpike/identity'
import { type Running, serve } from 'turnpike/server'
import { memoryState } from 'turnpike/stores/memory'
import { generateKeyRing } from 'turnpike/vault'
import notes from './api.ts'

/** Serves the notes to whoever has a token that your own system signed (HS256, at least 32 bytes of key). */
export function start(key: string, port: number): Promise<Running> {
  return serve(notes, {
    state: memoryState(),
    keys: generateKeyRing(),
    identity: external({
      jwt: { alg: 'HS256', key, issuer: 'https://login.example', audience: 'notes' },
      principal: (claims) => ({ id: String(claims['sub']) }),
    }),
    environment: 'development',
    port,
  })
}
