import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyRing, type KeyRing } from './key-ring.ts'
import { parseKeyRing } from './parse-key-ring.ts'

const MAX_BYTES = 64 * 1024

/** A key ring kept in a file of its owner's own (mode 0600). */
export interface FileKeyRing {
  /**
   * Null when there is no file. Whether a new ring may be made then is the caller's choice: over existing data it would open nothing.
   * @throws {TypeError} When somebody but the owner may read the file. @throws {RangeError} When its ring is not safe.
   */
  load(): Promise<KeyRing | null>
  /** Makes a ring, or returns the one another process made first. */
  create(): Promise<KeyRing>
  /** Replaces the file in one step: a crash leaves the old ring or the new one. */
  save(ring: KeyRing): Promise<void>
}

export function fileKeyRing(path: string): FileKeyRing {
  return {
    load: () => load(path),
    async create() {
      const ring = generateKeyRing()
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      return (await place(path, ring, keepFirst)) ? ring : ((await load(path)) ?? ring)
    },
    async save(ring) {
      await place(path, ring, overwrite)
    },
  }
}

async function load(path: string): Promise<KeyRing | null> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new TypeError(`The key ring ${path} cannot be read (${cause.code})`, { cause })
  })
  if (!file) return null
  try {
    const { mode, size } = await file.stat()
    // Windows has no such bits; there the folder's access list guards the file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TypeError(`The key ring ${path} may be read by others; run: chmod 600 ${path}`)
    }
    if (size > MAX_BYTES) {
      throw new RangeError(`The key ring ${path} has ${size} bytes; a ring never needs over ${MAX_BYTES}`)
    }
    return parseKeyRing(await file.readFile('utf8'))
  } finally {
    await file.close()
  }
}

/** Writes a neighbour, makes it durable, and only then gives it the name. */
async function place(
  path: string,
  ring: KeyRing,
  name: (from: string, to: string) => Promise<boolean>,
): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(ring.export().reveal())
      await file.sync()
    } finally {
      await file.close()
    }
    const placed = await name(draft, path)
    await syncFolder(dirname(path))
    return placed
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

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; a rename is durable there without it.
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
