import { readFile } from 'node:fs/promises'
import { dirname, extname, relative, resolve, sep } from 'node:path'
import type { SourceFile } from '../../prover/report/locate.ts'

/** Files of one module that are looked at. */
const MAX_FILES = 200
const DOCUMENTS = ['.json', '.yaml', '.yml']

/**
 * The files that a contract is written in, for the places of a report: a document, or a module and what it imports by
 * relative paths. A file that cannot be read, and a document from the network, gives none.
 */
export async function contractSources(contract: string | null): Promise<readonly SourceFile[]> {
  if (contract === null || /^https?:/.test(contract)) return []
  const found = new Map<string, SourceFile>()
  const waiting = [resolve(contract)]
  for (let file = waiting.shift(); file !== undefined && found.size < MAX_FILES; file = waiting.shift()) {
    if (found.has(file)) continue
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text === null) continue
    found.set(file, { path: relative(process.cwd(), file).split(sep).join('/'), text })
    if (!DOCUMENTS.includes(extname(file))) waiting.push(...importsOf(file, text))
  }
  return [...found.values()]
}

/** What is written `.js` may be a `.ts` that is compiled. */
function importsOf(file: string, text: string): readonly string[] {
  const named = [...text.matchAll(/\bfrom\s{1,20}['"](\.{1,2}\/[^'"\n]{1,300})['"]/g)].map((match) => match[1] ?? '')
  return named.flatMap((name) => {
    const path = resolve(dirname(file), name)
    return path.endsWith('.js')
      ? [path, `${path.slice(0, -3)}.ts`]
      : extname(path) === ''
        ? [`${path}.ts`, `${path}.js`]
        : [path]
  })
}
