import { type AccessMatrix, accessMatrix } from '../contract/access-matrix.ts'
import { loadApi } from './load-api.ts'
import { wrongUse } from './wrong-use.ts'

/** `turnpike matrix`. @returns 0, or 2 when the module could not be read. */
export async function runMatrix(file: string, { json = false }: { readonly json?: boolean }): Promise<number> {
  try {
    const matrix = accessMatrix((await loadApi(file)).api)
    process.stdout.write(json ? `${JSON.stringify(matrix, null, 2)}\n` : formatMatrix(matrix))
    return 0
  } catch (error) {
    return wrongUse(error)
  }
}

/** A Markdown table with aligned columns, so that a change of one cell is a change of one line. */
export function formatMatrix({ columns, rows }: AccessMatrix): string {
  const table = [['endpoint', ...columns], ...rows.map(({ endpoint, cells }) => [endpoint, ...cells])]
  const widths = (table[0] ?? []).map((_, column) => Math.max(3, ...table.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = table
  return `${[line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')}\n`
}
