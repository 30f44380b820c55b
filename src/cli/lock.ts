import type { JudgedChange } from '../contract/diff/acknowledge.ts'
import { formatDiff } from '../contract/diff/format-diff.ts'
import { updateLock } from '../contract/diff/update-lock.ts'
import { readContract } from './contract-file.ts'
import { LOCK_FILE, readLockFile, writeLockFile } from './lock-file.ts'
import { terminalPaint } from './terminal-paint.ts'
import { wrongUse } from './wrong-use.ts'

export interface LockOptions {
  readonly file?: string
  /** Agrees for good to what loosens. */
  readonly loosened?: boolean
}

/**
 * `turnpike lock`: writes the contract of today as the one agreed on. What is acknowledged for a while stays as it was before it.
 * @returns 0 when it was written, 1 when something loosens without a word (nothing is written), 2 for wrong use.
 */
export async function runLock(
  name: string,
  { file = LOCK_FILE, loosened = false }: LockOptions,
  now = new Date(),
): Promise<number> {
  try {
    const { outline, faults } = await readContract(name)
    if (faults.length > 0)
      process.stderr.write(
        `${name}: not everything could be read, and what could not is not locked: ${faults.join('; ')}\n`,
      )
    const known = await readLockFile(file)
    if (!known) {
      await writeLockFile(file, { turnpikeLock: 1, contract: outline, acknowledged: {} })
      return said(`${file} is written: ${Object.keys(outline.operations).length} operations. Commit it.`, 0)
    }
    const { lock, changes, held } = updateLock(known, outline, now, loosened)
    print(changes)
    if (held.some(({ fails }) => fails))
      return said(
        `${file} is as it was: something loosens. Acknowledge it (turnpike diff --acknowledge), or agree for good: turnpike lock ${name} --loosened`,
        1,
      )
    await writeLockFile(file, lock)
    const kept = held.length === 0 ? '' : ` ${held.length} acknowledged for a while: their places stay as they were.`
    return said(`${file} is written.${kept}`, 0)
  } catch (error) {
    return wrongUse(error)
  }
}

function said(text: string, code: number): number {
  process.stdout.write(`${text}\n`)
  return code
}

function print(changes: readonly JudgedChange[]): void {
  if (changes.length > 0) process.stdout.write(`${formatDiff(changes, terminalPaint() ?? undefined)}\n`)
}
