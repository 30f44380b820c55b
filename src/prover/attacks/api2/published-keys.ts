import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { NOBODY } from '../../engine/engine.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'

export interface PublishedKey {
  readonly jwk: JsonWebKey & { readonly kid?: string }
  readonly key: KeyObject
}

/** Requests of the first look. */
export const KEYS_REQUESTS = 6

const PATHS = ['/.well-known/jwks.json', '/jwks', '/jwks.json', '/.well-known/openid-configuration']

/** The public keys that the API publishes for its tokens, at the operation that the document names or at the usual paths. Kept for the run. */
export function publishedKeys(probe: Probe): Promise<readonly PublishedKey[]> {
  return probe.shared('api2 published keys', async () => {
    const operation = probe.operation(probe.plan.auth.jwks)
    const paths = [...(operation === null ? [] : [probe.base.pathname.replace(/\/$/, '') + operation.path]), ...PATHS]
    for (const path of paths) {
      const found = await keysAt(path, probe)
      if (found.length > 0) return found
    }
    return []
  })
}

async function keysAt(path: string, probe: Probe): Promise<readonly PublishedKey[]> {
  const json = await read(path, probe)
  const elsewhere = (json as { jwks_uri?: unknown } | undefined)?.jwks_uri
  if (typeof elsewhere === 'string' && URL.canParse(elsewhere)) {
    const url = new URL(elsewhere)
    return url.origin === probe.base.origin ? keysIn(await read(url.pathname + url.search, probe)) : []
  }
  return keysIn(json)
}

async function read(rawTarget: string, probe: Probe): Promise<unknown> {
  const draft: Draft = {
    method: 'GET',
    path: rawTarget,
    rawTarget,
    query: [],
    headers: [],
    body: undefined,
    mediaType: 'application/json',
  }
  try {
    const answer = await probe.send(draft, NOBODY, { anyStatus: true })
    return answer.status === 200 ? answer.json : undefined
  } catch (error) {
    // Outside the scope there is nothing to find.
    if (error instanceof NotTested) return undefined
    throw error
  }
}

/** The public keys of a JSON Web Key Set (RFC 7517 section 5); nothing for anything else. */
function keysIn(json: unknown): readonly PublishedKey[] {
  const keys = (json as { keys?: unknown } | null | undefined)?.keys
  if (!Array.isArray(keys)) return []
  return keys.flatMap((jwk: JsonWebKey): PublishedKey[] => {
    try {
      return [{ jwk, key: createPublicKey({ key: jwk, format: 'jwk' }) }]
    } catch {
      return []
    }
  })
}
