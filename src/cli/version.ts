import { readFileSync } from 'node:fs'

/** The version of this package. */
export function version(): string {
  // Sources stand one folder nearer to the manifest than what is built from them.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version: found } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        name?: unknown
        version?: unknown
      }
      if (name === 'turnpike' && typeof found === 'string') return found
    } catch {
      // Not there.
    }
  }
  return 'unknown'
}
