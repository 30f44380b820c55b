import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WrittenWalk } from '../audit/read-walk.ts'

/** A server writes its walks once a second; somebody who asks at once waits that long. */
const WRITTEN_AFTER_MS = 1_300

export interface ExplainOptions {
  /** The server's data folder. */
  readonly data: string
}

/** `turnpike explain <request-id>`: how one request walked and what decided. It reads files only, so the server may be running. @returns The exit code. */
export async function runExplain(requestId: string, { data }: ExplainOptions): Promise<number> {
  const path = join(data, 'walks.ndjson')
  const walk = await soonest(path, requestId).catch((error: Error) => {
    process.stderr.write(`The walks in ${path} cannot be read: ${error.message}\n`)
  })
  if (walk === undefined) return 2
  if (walk === null) {
    process.stderr.write(
      `No walk of request "${printable(requestId)}" in ${path}. The newest few thousand are kept, in production of refused requests only; ` +
        'the id is "requestId" in the problem document. Another folder: --data FOLDER\n',
    )
    return 2
  }
  const { createColors } = await import('picocolors').then((module) => module.default)
  const colors = createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined)
  process.stdout.write(`${describeWalk(walk, colors).join('\n')}\n`)
  return 0
}

async function soonest(path: string, requestId: string): Promise<WrittenWalk | null> {
  const { readWalk } = await import('../audit/read-walk.ts')
  const found = await readWalk(path, requestId)
  if (found) return found
  await sleep(WRITTEN_AFTER_MS)
  return readWalk(path, requestId)
}

interface Colors {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
}

function describeWalk(walk: WrittenWalk, colors: Colors): readonly string[] {
  const refused = walk.code !== null
  const width = Math.max(0, ...walk.steps.map(({ step }) => step.length))
  const steps = walk.steps.map(({ step, established, milliseconds }, index) => {
    const stopped = refused && index === walk.steps.length - 1
    const mark = stopped ? colors.red('x') : colors.green('+')
    const found = printable(stopped ? (walk.detail ?? established) : established)
    const time = colors.dim(`${milliseconds.toFixed(2).padStart(8)} ms`)
    return `  ${mark} ${String(index + 1).padStart(2)} ${printable(step).padEnd(width)} ${time}  ${found}`.trimEnd()
  })
  return [
    `${colors.bold(`${printable(walk.method)} ${printable(walk.path)}`)}  ${walk.at}`,
    `  request   ${printable(walk.requestId)}`,
    `  from      ${printable(walk.addressKey)}, as ${printable(walk.principal)}`,
    `  endpoint  ${walk.endpoint === null ? 'none' : printable(walk.endpoint)}`,
    '',
    ...steps,
    '',
    refused ? colors.red(refusal(walk)) : colors.green(`Served with ${walk.status}: every step passed.`),
  ]
}

function refusal({ status, code, detail, steps }: WrittenWalk): string {
  const at = steps.at(-1)?.step
  const where = at === undefined ? 'before the first step' : `at step "${printable(at)}"`
  const why = detail === null || detail === '' ? '' : `: ${printable(detail)}`
  return `Refused ${where} with ${status} ${printable(code ?? '')}${why}`
}

/** A path or a reason may hold what a stranger sent; control characters would reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
}
