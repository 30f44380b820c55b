import { createPrivateFile, readPrivateFile, replacePrivateFile } from '../base/private-file.ts'
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
      return (await createPrivateFile(path, ring.export().reveal())) ? ring : ((await load(path)) ?? ring)
    },
    async save(ring) {
      await replacePrivateFile(path, ring.export().reveal())
    },
  }
}

async function load(path: string): Promise<KeyRing | null> {
  const text = await readPrivateFile(path, 'The key ring', MAX_BYTES)
  return text === null ? null : parseKeyRing(text)
}
