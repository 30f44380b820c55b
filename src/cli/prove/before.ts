import { writeFile } from 'node:fs/promises'
import type { Attack } from '../../prover/attack.ts'
import { checkPlan, formatCheck } from '../../prover/plan/check.ts'
import { describePlan, formatPlan } from '../../prover/plan/describe-plan.ts'
import { initConfig } from '../../prover/plan/init-config.ts'
import { openRun } from '../../prover/prove.ts'
import { terminalPaint } from '../terminal-paint.ts'
import { WrongUse } from '../wrong-use.ts'
import { documentAt } from './fetch-document.ts'
import type { ProveFlags } from './prove-options.ts'
import type { Prepared } from './prove-target.ts'

/** `--plan`: what would be tried and what cannot be. Sends nothing to the operations. */
export function printPlan({ plan }: Prepared, attacks: readonly Attack[]): number {
  const paint = terminalPaint()
  process.stdout.write(formatPlan(describePlan(plan, attacks), paint === null ? {} : { paint }))
  return 0
}

/** `--check`: whether identities work and operations are reached. @returns 1 when an identity does not work. */
export async function printCheck({ plan, target, pace, sessions }: Prepared): Promise<number> {
  const { run, close } = openRun(plan, target, {
    limits: pace.limits,
    concurrency: pace.concurrency,
    safe: true,
    seed: pace.seed,
    callback: null,
    sessions,
  })
  try {
    const check = await checkPlan(plan, run)
    const paint = terminalPaint()
    process.stdout.write(formatCheck(check, paint === null ? {} : { paint }))
    return check.identities.some(({ works }) => works === 'no') ? 1 : 0
  } finally {
    await close()
  }
}

const FILE = 'turnpike.yaml'

/** `--init <openapi>`: a first configuration. An existing file is never written over. @throws {WrongUse} */
export async function writeFirstConfig(name: string | undefined, flags: ProveFlags): Promise<number> {
  const document = name ?? flags.openapi
  if (document === undefined)
    throw new WrongUse('name the document: turnpike prove --init openapi.yaml (or a URL that serves it)')
  const file = flags.config ?? FILE
  const text = initConfig(await documentAt(document), document)
  await writeFile(file, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new WrongUse(
      error.code === 'EEXIST'
        ? `${file} is there already; name another with --config, or remove it`
        : `${file} cannot be written: ${error.message}`,
      { cause: error },
    )
  })
  process.stdout.write(`wrote ${file}: fill in who attacks, then run turnpike prove --check\n`)
  return 0
}
