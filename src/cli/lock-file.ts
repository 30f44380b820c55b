import { readFile, writeFile } from 'node:fs/promises'
import { formatLock, type Lock, readLock } from '../contract/diff/lock.ts'
import { WrongUse } from './wrong-use.ts'

export const LOCK_FILE = 'turnpike.lock.json'

/** @returns Null when there is no such file. @throws {WrongUse} When it is no lock file. */
export async function readLockFile(path: string): Promise<Lock | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw new WrongUse(`"${path}" cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return readLock(JSON.parse(text))
  } catch (error) {
    throw new WrongUse(`"${path}": ${(error as Error).message}`, { cause: error })
  }
}

export async function writeLockFile(path: string, lock: Lock): Promise<void> {
  await writeFile(path, formatLock(lock))
}
