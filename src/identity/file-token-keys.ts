import { createSecretKey, type KeyObject } from 'node:crypto'
import { createPrivateFile, fileStamp, readPrivateFile, replacePrivateFile } from '../base/private-file.ts'
import { decrypt, encrypt } from '../vault/aead.ts'
import { fromBase64url } from '../vault/base64url.ts'
import type { KeyRing } from '../vault/index.ts'
import { lengthPrefixed } from '../vault/length-prefixed.ts'
import {
  generateTokenKeys,
  parseTokenKeys,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type TokenKeys,
} from './token-keys.ts'

const MAX_BYTES = 256 * 1024
const PURPOSE = 'token-keys'

/** Token keys kept in a file of its owner's own (mode 0600), encrypted under the key ring. */
export interface FileTokenKeys {
  /**
   * Null when there is no file.
   * @throws {TypeError} When others may read the file, or it does not open under this ring.
   */
  load(ring: KeyRing): Promise<TokenKeys | null>
  /** Makes keys, or returns those another process made first. */
  create(ring: KeyRing): Promise<TokenKeys>
  /** Replaces the file in one step. Seals it anew under the ring's active key. */
  save(ring: KeyRing, keys: TokenKeys): Promise<void>
  /** Changes with every save, whoever saved. Null when there is no file. */
  stamp(): Promise<string | null>
}

export interface FileTokenKeysOptions {
  /** Of the key that is made when there is no file. Default `EdDSA`. */
  readonly alg?: SigningAlgorithm
}

/** @throws {RangeError} For an algorithm that we do not sign with, or an unknown option. */
export function fileTokenKeys(path: string, options: FileTokenKeysOptions = {}): FileTokenKeys {
  const { alg = 'EdDSA', ...unknown } = options
  if (Object.keys(unknown).length > 0)
    throw new RangeError(`fileTokenKeys: unknown option ${Object.keys(unknown).join(', ')}; it takes alg`)
  if (!SIGNING_ALGORITHMS.includes(alg))
    throw new RangeError(`fileTokenKeys: alg is ${String(alg)}; it must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  return {
    load: (ring) => load(path, ring),
    async create(ring) {
      const keys = await generateTokenKeys(alg)
      return (await createPrivateFile(path, seal(ring, keys))) ? keys : ((await load(path, ring)) ?? keys)
    },
    async save(ring, keys) {
      await replacePrivateFile(path, seal(ring, keys))
    },
    stamp: () => fileStamp(path),
  }
}

function seal(ring: KeyRing, keys: TokenKeys): string {
  const sealed = encrypt(keyOf(ring, ring.active), Buffer.from(keys.export().reveal()), context(ring.active))
  return `${JSON.stringify({ kid: ring.active, sealed: sealed.toString('base64url') })}\n`
}

function unseal(path: string, text: string, ring: KeyRing): TokenKeys {
  const { kid, sealed } = readEnvelope(text)
  if (kid === null || sealed === null)
    throw new TypeError(
      `${path} holds no token keys; remove it and new ones are made (access tokens end, sessions stay)`,
    )
  if (!ring.has(kid))
    throw new TypeError(`${path} is sealed under "${kid}", which is not in the key ring (${ring.kids.join(', ')})`)
  const plain = decrypt(keyOf(ring, kid), sealed, context(kid))
  if (!plain) throw new TypeError(`${path} was changed: it does not open under "${kid}"`)
  return parseTokenKeys(plain.toString('utf8'))
}

function readEnvelope(text: string): { readonly kid: string | null; readonly sealed: Buffer | null } {
  try {
    const { kid, sealed } = JSON.parse(text) as { kid?: unknown; sealed?: unknown }
    return {
      kid: typeof kid === 'string' ? kid : null,
      sealed: typeof sealed === 'string' ? fromBase64url(sealed) : null,
    }
  } catch {
    return { kid: null, sealed: null }
  }
}

function keyOf(ring: KeyRing, kid: string): KeyObject {
  return createSecretKey(ring.derive(kid, PURPOSE).reveal())
}

function context(kid: string): Buffer {
  return lengthPrefixed(['turnpike token keys 1', kid])
}

async function load(path: string, ring: KeyRing): Promise<TokenKeys | null> {
  const text = await readPrivateFile(path, 'The token keys', MAX_BYTES)
  return text === null ? null : unseal(path, text, ring)
}
