import { join } from 'node:path'
import type { State } from '../stores/store.ts'
import { fileKeyRing, generateKeyRing, type KeyRing } from '../vault/index.ts'

/**
 * The key ring of a data folder (`keys.json`, mode 0600). A new one is made only where nothing was ever protected by another.
 * @param folder - Null for keys that end with the process; only for state that does so too.
 * @throws {TypeError} When the state holds data and the ring is missing: a new one would open nothing.
 */
export async function openKeyRing(folder: string | null, state: State): Promise<KeyRing> {
  if (folder === null) return generateKeyRing()
  const path = join(folder, 'keys.json')
  const file = fileKeyRing(path)
  const known = await file.load()
  if (known) return known
  const [dataKeys, nodes] = await Promise.all([state.dataKeys.list(null, 1), state.audit.nodes()])
  if (dataKeys.length > 0 || nodes.length > 0) {
    throw new TypeError(
      `The key ring ${path} is missing, but the state holds data that it protects. Put it back from your backup; a new ring would open nothing, so none was made`,
    )
  }
  return await file.create()
}
