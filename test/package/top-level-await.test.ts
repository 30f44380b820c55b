import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { root } from './installed.ts'

/** Lines at which a module awaits outside of any function. */
function topLevelAwaits(source: string): number[] {
  const file = ts.createSourceFile('module.ts', source, ts.ScriptTarget.ES2023, true)
  const lines: number[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return
    const awaits =
      ts.isAwaitExpression(node) ||
      (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
      (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
    if (awaits) lines.push(file.getLineAndCharacterOfPosition(node.getStart()).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return lines
}

describe('no module awaits at its top level', () => {
  it.each([
    ['await ready()', [1]],
    ['const x = 1\nexport const y = await load()', [2]],
    ['if (a) {\n  for await (const x of y) z(x)\n}', [2]],
    ['await using lock = take()', [1]],
    ['class A { [await name()] = 1 }', [1]],
    ['export async function f() { await g(); for await (const x of y) z(x) }', []],
    ['export const f = async () => await g()', []],
    ['class A { async m() { await this.n() } }', []],
    ['// await\nconst text = "await x"', []],
  ])('the check itself: %j', (source, lines) => {
    expect(topLevelAwaits(source)).toEqual(lines)
  })

  // Lazily imported modules too, which no require() of an entry reaches.
  it('in src', () => {
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.ts'),
    )
    const found = files.flatMap((file) =>
      topLevelAwaits(readFileSync(join(root, 'src', file), 'utf8')).map((line) => `src/${file}:${line}`),
    )
    expect(files).toContain('index.ts')
    expect(found).toEqual([])
  })
})
