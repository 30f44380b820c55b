import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export const isBuilt = (path: string): boolean => existsSync(join(root, path))

/** A folder outside the repository in which `turnpike` is installed as built, zod beside it, and whatever else is named. */
export function installed(others: readonly string[] = []): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-package-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'turnpike'))
  for (const name of ['zod', ...others])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
