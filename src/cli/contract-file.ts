import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { isLock, readLock } from '../contract/diff/lock.ts'
import { type ContractOutline, outlineOf } from '../contract/diff/outline.ts'
import type { RecordedSettings } from '../contract/diff/settings-changes.ts'
import { isCut } from '../contract/diff/shape.ts'
import { parseDocumentText } from '../contract/from-openapi/parse-document.ts'
import { readDocument } from '../contract/from-openapi/read-document.ts'
import { toOpenApi } from '../contract/to-openapi.ts'
import { parseFacts } from '../server/recorded-facts.ts'
import { loadApi } from './load-api.ts'
import { WrongUse } from './wrong-use.ts'

/** One side of a comparison: a contract, or what a server recorded of its settings. */
export type Side =
  | { readonly kind: 'contract'; readonly outline: ContractOutline; readonly faults: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: RecordedSettings }

const DOCUMENTS = ['.json', '.yaml', '.yml']

/**
 * Reads an api module, an OpenAPI document, a lock file, a server's `facts.json` or its data folder; a document also as `revision:path` of git.
 * @throws {WrongUse} When there is no such thing, or it is none of these.
 */
export async function readSide(name: string): Promise<Side> {
  const found = await stat(name).catch(() => null)
  if (found?.isDirectory()) return ofValue(await textOf(join(name, 'facts.json')), join(name, 'facts.json'))
  if (!found && /^[^:]+:./.test(name)) return ofValue(await fromGit(name), name)
  if (DOCUMENTS.includes(extname(name))) return ofValue(await textOf(name), name)
  const { api } = await loadApi(name)
  try {
    return ofDocument(toOpenApi(api, { full: true }))
  } catch (error) {
    throw notReadable(name, error)
  }
}

/** @throws {WrongUse} When it is none. */
export async function readContract(name: string): Promise<Extract<Side, { kind: 'contract' }>> {
  const side = await readSide(name)
  if (side.kind === 'contract') return side
  throw new WrongUse(`"${name}" holds the settings of a server, no contract; name an api module or an OpenAPI document`)
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new WrongUse(
      (error as { code?: unknown }).code === 'ENOENT'
        ? `there is no file "${path}"; name an api module, an OpenAPI document, or a data folder in which a server has run`
        : `"${path}" cannot be read: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/** `HEAD~1:docs/openapi.yaml`, as `git show` has it. */
async function fromGit(name: string): Promise<string> {
  const path = name.slice(name.indexOf(':') + 1)
  if (!DOCUMENTS.includes(extname(path)))
    throw new WrongUse(
      `"${name}" is no file; of a git revision only documents can be read (${DOCUMENTS.join(', ')}): commit the lock file, and compare with that`,
    )
  try {
    const { stdout } = await promisify(execFile)('git', ['show', '--end-of-options', name], {
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new WrongUse(`"${name}" cannot be read: ${stderr.trim().split('\n')[0] ?? 'git did not answer'}`, {
      cause: error,
    })
  }
}

function ofValue(text: string, name: string): Side {
  try {
    const value = parseDocumentText(text, `"${name}"`)
    if (isLock(value)) return { kind: 'contract', outline: readLock(value).contract, faults: [] }
    const facts = parseFacts(value)
    return facts ? { kind: 'facts', facts } : ofDocument(value)
  } catch (error) {
    throw notReadable(name, error)
  }
}

function ofDocument(value: unknown): Side {
  const document = readDocument(value)
  const outline = outlineOf(document)
  const cut = Object.entries(outline.operations).filter(([, { input, reply }]) => isCut(input) || isCut(reply))
  const faults = cut.map(([id]) => `${id}: its schemas are deeper or larger than is compared`)
  return { kind: 'contract', outline, faults: [...document.faults, ...faults] }
}

const notReadable = (name: string, error: unknown): WrongUse =>
  new WrongUse(`"${name}" cannot be compared: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  })
