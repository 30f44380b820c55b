import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Reads a file of secrets that only its owner may read.
 * @param what - What it is, for messages: `The key ring`.
 * @returns Null when there is no file.
 * @throws {TypeError} When it cannot be read, or others may read it. @throws {RangeError} When it is larger than such a file ever is.
 */
export async function readPrivateFile(path: string, what: string, maxBytes: number): Promise<string | null> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new TypeError(`${what} ${path} cannot be read (${cause.code})`, { cause })
  })
  if (!file) return null
  try {
    const { mode, size } = await file.stat()
    // Windows has no such bits; there the folder's access list guards the file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TypeError(`${what} ${path} may be read by others; run: chmod 600 ${path}`)
    }
    if (size > maxBytes)
      throw new RangeError(`${what} ${path}: ${size} bytes are more than the ${maxBytes} that it ever needs`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Changes whenever the file was replaced: each replacement is a new file under the old name. Null when there is none. */
export async function fileStamp(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  return found && `${found.ino}:${found.mtimeNs}:${found.size}`
}

/** Makes the file (0600), durably. @returns False when there was one already: it is kept. */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  return await place(path, text, keepFirst)
}

/** Replaces the file in one step: a crash leaves the old one or the new one. */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  await place(path, text, overwrite)
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
