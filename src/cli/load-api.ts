import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Api, isApi } from '../contract/api.ts'
import { resourceByUid } from '../contract/resource.ts'
import type { Surroundings } from '../contract/review/review.ts'
import type { Trial } from '../drill/trial.ts'
import { WrongUse } from './wrong-use.ts'

const MODULES = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts']

export interface LoadedApi {
  readonly api: Api
  /** What the module's export `surroundings` says of settings, layers and identity; the command finds out the rest. */
  readonly surroundings: Surroundings
  /** What the module's export `trial` says of how to start it for attacks. */
  readonly trial: Trial | null
}

/**
 * Imports a module and takes its default export, or the one called `api`.
 * @throws {WrongUse} When there is no such file, it cannot be imported, or it exports no api.
 */
export async function loadApi(path: string): Promise<LoadedApi> {
  const file = resolve(path)
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) throw new WrongUse(`there is no file "${path}"; name a module that exports an api`)
  if (!MODULES.includes(extname(file)))
    throw new WrongUse(
      `"${path}" is no module; it must end in ${MODULES.join(', ')}. An OpenAPI document for review ends in .json, .yaml or .yml`,
    )
  const exported = await importModule(file, path)
  const api = [exported.default, exported.api].find(isApi)
  if (!api) {
    const names = Object.keys(exported)
    throw new WrongUse(
      `"${path}" exports ${names.length === 0 ? 'nothing' : names.join(', ')}, but no api; write: export default api({ … })`,
    )
  }
  return {
    api: ofThisCopy(api, path),
    surroundings: (exported.surroundings ?? {}) as Surroundings,
    trial: isTrial(exported.trial) ? exported.trial : null,
  }
}

const isTrial = (given: unknown): given is Trial =>
  typeof given === 'object' && given !== null && 'open' in given && typeof given.open === 'function'

async function importModule(file: string, path: string): Promise<Record<string, unknown>> {
  const { href } = pathToFileURL(file)
  try {
    return (await import(href)) as Record<string, unknown>
  } catch (error) {
    if (!isUnreadableTypeScript(error) || !(await withTsx(file))) throw failed(error, path)
  }
  try {
    // Node remembers the failed import under its address.
    return (await import(`${href}?tsx`)) as Record<string, unknown>
  } catch (error) {
    throw failed(error, path)
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')
const isUnreadableTypeScript = (error: unknown): boolean =>
  codeOf(error) === 'ERR_UNKNOWN_FILE_EXTENSION' || codeOf(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'

/** Lets Node read TypeScript through the project's own tsx, if it has one. */
async function withTsx(file: string): Promise<boolean> {
  try {
    const manifest = createRequire(file).resolve('tsx/package.json')
    // `require.resolve` would answer with the CommonJS entry, which cannot register from here.
    const { exports } = JSON.parse(await readFile(manifest, 'utf8')) as {
      readonly exports: Readonly<Record<string, { readonly import: { readonly default: string } }>>
    }
    const entry = join(dirname(manifest), exports['./esm/api']?.import.default ?? '')
    const { register } = (await import(pathToFileURL(entry).href)) as { readonly register: () => unknown }
    register()
    return true
  } catch {
    return false
  }
}

function failed(error: unknown, path: string): WrongUse {
  if (isUnreadableTypeScript(error)) {
    return new WrongUse(
      `Node ${process.version} cannot read TypeScript by itself: install tsx in the project (npm i -D tsx), compile "${path}" first, or use Node 24`,
      { cause: error },
    )
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new WrongUse(`"${path}" cannot be imported: ${reason}`, { cause: error })
}

/** Resources are known by number inside one copy of the package; those of another copy would be mistaken for ours. */
function ofThisCopy(api: Api, path: string): Api {
  for (const resource of api.resources) {
    if (ours(resource.uid) !== resource) {
      throw new WrongUse(
        `"${path}" was made with another copy of turnpike than this command; run the project's own: npx turnpike`,
      )
    }
  }
  return api
}

function ours(uid: number): unknown {
  try {
    return resourceByUid(uid)
  } catch {
    return null
  }
}
