import { resolve } from 'node:path'
import type { Plan } from '../../prover/plan/plan.ts'
import { latestRun, readRunFolder } from '../../prover/report/run-folder.ts'
import type { RunRecord } from '../../prover/report/run-record.ts'
import { WrongUse } from '../wrong-use.ts'
import type { ProveFlags } from './prove-options.ts'

/** The run that `--resume` goes on with; null without it. @throws {WrongUse} When there is none, or it attacked something else. */
export async function resumedRun(name: string | undefined, flags: ProveFlags): Promise<RunRecord | null> {
  if (flags.resume === undefined || flags.resume === false) return null
  const path = typeof flags.resume === 'string' ? flags.resume : await latestRun(flags.runs)
  if (path === null) throw new WrongUse(`--resume: there is no run in ${flags.runs}`)
  const run = await readRunFolder(path).catch((error: Error) => {
    throw new WrongUse(`--resume: ${error.message}`, { cause: error })
  })
  if (name !== undefined && !isSame(name, run.target))
    throw new WrongUse(
      `--resume: that run attacked ${run.target}, not ${name}; leave the target out, or leave out --resume`,
    )
  return run
}

function isSame(name: string, target: string): boolean {
  return URL.canParse(name) && URL.canParse(target)
    ? new URL(name).origin === new URL(target).origin
    : resolve(name) === resolve(target)
}

/** The options of a run that was, where none are given now. @throws {WrongUse} When what it was made from has to be named again. */
export function againAs(run: RunRecord, flags: ProveFlags): ProveFlags {
  const { only, safe, seed } = run.options
  const isUrl = /^https?:\/\//.test(run.target)
  if (run.plan.source === 'har' && flags.har === undefined)
    throw new WrongUse('that run was made from a recording; name it again with --har')
  return {
    ...flags,
    ...(flags.only === undefined && only.length > 0 ? { only: only.join(',') } : {}),
    ...(flags.seed === undefined ? { seed: String(seed) } : {}),
    ...(safe ? { safe } : {}),
    ...(isUrl && flags.openapi === undefined && flags.har === undefined && run.contract !== null
      ? { openapi: run.contract }
      : {}),
  }
}

/** @throws {WrongUse} When somebody is missing who took part before: his cases would be others. */
export function ensureSamePeople(run: RunRecord, { identities }: Plan): void {
  const missing = run.plan.identities.filter(
    ({ name, spare }) => !spare && !identities.some((each) => each.name === name),
  )
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name)
  throw new WrongUse(
    `--resume: ${names.join(', ')} took part in that run; give ${names.length === 1 ? 'the same' : 'them'} again with --identities, --config or --as`,
  )
}
