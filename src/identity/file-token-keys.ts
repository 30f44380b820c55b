import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { decrypt, encrypt } from '../vault/aead.ts'
import { fromBase64url } from '../vault/base64url.ts'
import type { KeyRing } from '../vault/index.ts'
import { lengthPrefixed } from '../vault/length-prefixed.ts'
import { generateTokenKeys, parseTokenKeys, type TokenKeys } from './token-keys.ts'

const MAX_BYTES = 256 * 1024
const PURPOSE = 'token-keys'

/** Token keys kept in a file of its owner's own (mode 0600), encrypted under the key ring. */
export interface FileTokenKeys {
  /**
   * Null when there is no file.
   * @throws {TypeError} When others may read the file, or it does not open under this ring.
   */
  load(ring: KeyRing): Promise<TokenKeys | null>
  /** Makes keys (Ed25519), or returns those another process made first. */
  create(ring: KeyRing): Promise<TokenKeys>
  /** Replaces the file in one step. Seals it anew under the ring's active key. */
  save(ring: KeyRing, keys: TokenKeys): Promise<void>
}

export function fileTokenKeys(path: string): FileTokenKeys {
  return {
    load: (ring) => load(path, ring),
    async create(ring) {
      const keys = await generateTokenKeys()
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      return (await place(path, seal(ring, keys), keepFirst)) ? keys : ((await load(path, ring)) ?? keys)
    },
    async save(ring, keys) {
      await place(path, seal(ring, keys), overwrite)
    },
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
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new TypeError(`The token keys ${path} cannot be read (${cause.code})`, { cause })
  })
  if (!file) return null
  try {
    const { mode, size } = await file.stat()
    // Windows has no such bits; there the folder's access list guards the file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new TypeError(`The token keys ${path} may be read by others; run: chmod 600 ${path}`)
    if (size > MAX_BYTES)
      throw new TypeError(`The token keys ${path} have ${size} bytes; they never need over ${MAX_BYTES}`)
    return unseal(path, await file.readFile('utf8'), ring)
  } finally {
    await file.close()
  }
}

/** Writes a neighbour, makes it durable, and only then gives it the name. */
async function place(
  path: string,
  text: string,
  name: (from: string, to: string) => Promise<boolean>,
): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    return await name(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

async function overwrite(from: string, to: string): Promise<boolean> {
  await rename(from, to)
  return true
}

async function keepFirst(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  }
}
