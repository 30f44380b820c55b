import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StoreError } from '../../base/store-error.ts'
import { takeLock } from './lock-file.ts'

/** The major version of PostgreSQL that PGlite 0.5 is. */
const POSTGRES_MAJOR = '18'
/** Without these it is no data directory that could start. */
const REQUIRED = ['PG_VERSION', 'base', 'global', 'global/pg_control', 'pg_wal', 'pg_xact']
/** Every pg_control has this length. */
const CONTROL_BYTES = 8192

/** A folder that this process holds: `turnpike.lock` and `postgres/` in it are the store's, all else is not its business. */
export interface DataFolder {
  readonly postgres: string
  readonly isNew: boolean
  /** Makes the directory by `boot` in a place of its own first: a half-made one never gets the name. */
  create(boot: (directory: string) => Promise<void>): Promise<void>
  release(): void
}

/** @throws {StoreError} When it is in use, damaged or of another version. Nothing in it was changed then. */
export function openDataFolder(folder: string): DataFolder {
  const root = resolve(folder)
  const postgres = join(root, 'postgres')
  makeFolder(root)
  const lock = takeLock(join(root, 'turnpike.lock'))
  try {
    const isNew = !existsSync(postgres)
    if (!isNew) requireSound(postgres)
    return { postgres, isNew, release: () => lock.release(), create: (boot) => create(root, postgres, boot) }
  } catch (error) {
    lock.release()
    throw error
  }
}

function makeFolder(root: string): void {
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError(`the data folder ${root} cannot be made or is no folder`, { cause: error })
  }
}

async function create(root: string, postgres: string, boot: (directory: string) => Promise<void>): Promise<void> {
  for (const name of readdirSync(root)) {
    if (/^postgres\.new-[0-9a-f]{12}$/.test(name)) rmSync(join(root, name), { recursive: true, force: true })
  }
  const draft = join(root, `postgres.new-${randomBytes(6).toString('hex')}`)
  await boot(draft)
  renameSync(draft, postgres)
}

function requireSound(postgres: string): void {
  const missing = REQUIRED.filter((name) => !existsSync(join(postgres, name)))
  if (missing.length > 0) throw damaged(postgres, `${missing.join(', ')} missing`)
  const version = readFileSync(join(postgres, 'PG_VERSION'), 'utf8').trim()
  if (!/^\d+$/.test(version)) throw damaged(postgres, 'PG_VERSION is unreadable')
  if (version !== POSTGRES_MAJOR) {
    throw new StoreError(
      `${postgres} was written by PostgreSQL ${version}; this release runs ${POSTGRES_MAJOR}. It was left as it is`,
    )
  }
  const control = statSync(join(postgres, 'global/pg_control'))
  if (control.size !== CONTROL_BYTES) throw damaged(postgres, 'global/pg_control has the wrong length')
}

export function damaged(postgres: string, what: string, cause?: unknown): StoreError {
  return new StoreError(
    `the data folder ${postgres} is damaged (${what}). It was left as it is: restore it from a backup, or name another folder`,
    { cause },
  )
}
