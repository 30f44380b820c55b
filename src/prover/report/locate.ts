import { extname } from 'node:path'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'

/** A file of the contract. */
export interface SourceFile {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string
  readonly text: string
}

export interface Place {
  readonly path: string
  /** From 1. */
  readonly line: number
}

/**
 * Finds the lines of operations in the contract: the method in an OpenAPI document, `endpoint('GET …'` in an api module.
 * What is not found is at the first line of the first file; null where there is no file.
 */
export function locator(sources: readonly SourceFile[]): (operation: string | null) => Place | null {
  const lines = new Map<string, Place>()
  for (const source of sources)
    for (const [operation, line] of DOCUMENTS.includes(extname(source.path)) ? ofDocument(source) : ofModule(source))
      if (!lines.has(alike(operation))) lines.set(alike(operation), { path: source.path, line })
  const [first] = sources
  const start = first === undefined ? null : { path: first.path, line: 1 }
  return (operation) => (operation === null ? undefined : lines.get(alike(operation))) ?? start
}

const DOCUMENTS = ['.json', '.yaml', '.yml']
/** Beyond this a document is not searched for lines. */
const MAX_CHARACTERS = 20_000_000

function* ofDocument({ text }: SourceFile): Generator<readonly [operation: string, line: number]> {
  if (text.length > MAX_CHARACTERS) return
  const lineCounter = new LineCounter()
  // JSON is YAML; a document with faults is read as far as it goes.
  const document = parseDocument(text, { lineCounter, uniqueKeys: false, logLevel: 'silent' })
  const root: unknown = document.contents
  const paths = isMap(root) ? root.get('paths', true) : undefined
  if (!isMap(paths)) return
  for (const { key: path, value: methods } of paths.items)
    for (const { key: method } of isMap(methods) ? methods.items : [])
      if (isScalar(method) && isScalar(path))
        yield [`${String(method.value).toUpperCase()} ${String(path.value)}`, lineOf(method, lineCounter)]
}

const lineOf = (node: Node, counter: LineCounter): number => counter.linePos(node.range?.[0] ?? 0).line

function* ofModule({ text }: SourceFile): Generator<readonly [operation: string, line: number]> {
  let line = 1
  let from = 0
  for (const match of text.matchAll(/\bendpoint\(\s{0,200}(['"`])([A-Z]{3,10} \/[^'"`\n]{0,500})\1/g)) {
    line += text.slice(from, match.index).split('\n').length - 1
    from = match.index
    yield [match[2] ?? '', line]
  }
}

/** `GET /invoices/{id}` and `GET /invoices/:invoice` are one. */
const alike = (operation: string): string => operation.replaceAll(/\{[^/{}]*\}|(?<=\/):[^/]+/g, '{}')
