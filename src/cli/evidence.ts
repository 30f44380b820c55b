import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../base/clock.ts'
import { accessMatrix } from '../contract/access-matrix.ts'
import { REVIEW_RULES } from '../contract/review/review.ts'
import { assess } from '../prover/report/assessment.ts'
import { type ContractEvidence, type Evidence, evidenceHtml, evidenceJson } from '../prover/report/evidence.ts'
import { formatHtml } from '../prover/report/html.ts'
import { formatJson } from '../prover/report/json.ts'
import { loadApi } from './load-api.ts'
import { keptRun } from './prove/prove-report.ts'
import { readBaseline } from './prove/report-run.ts'
import { reviewModule } from './review.ts'
import { version } from './version.ts'
import { wrongUse } from './wrong-use.ts'

export interface EvidenceOptions {
  readonly out: string
  /** Folder of a run; default: the last one. */
  readonly run?: string
  readonly runs: string
  readonly baseline: string
  /** Folder of a server that ran, for what review says of settings. */
  readonly data: string
}

/**
 * `turnpike evidence`: writes what a security review asks for, with a file of hashes.
 * @param file - An api module; without one there is no access matrix and no checklist.
 * @returns 0, or 2 when there is no run or the module cannot be read.
 */
export async function runEvidence(file: string | undefined, options: EvidenceOptions): Promise<number> {
  try {
    const { run } = await keptRun(options.run, options.runs)
    const assessment = assess(run, systemClock, await readBaseline(options.baseline))
    const evidence: Evidence = {
      assessment,
      madeAt: new Date(systemClock.now()).toISOString(),
      commit: await commitOf(process.cwd()),
      versions: { turnpike: version(), node: process.version },
      contract: file === undefined ? null : await contractOf(file, options.data),
    }
    await writeAll(options.out, {
      'evidence.html': evidenceHtml(evidence),
      'evidence.json': evidenceJson(evidence),
      'report.html': formatHtml(assessment),
      'report.json': formatJson(assessment),
    })
    process.stdout.write(
      `wrote the evidence of run ${run.runId} to ${options.out}; check it with sha256sum -c SHA256SUMS\n`,
    )
    return 0
  } catch (error) {
    return wrongUse(error)
  }
}

async function contractOf(file: string, data: string): Promise<ContractEvidence> {
  const { api } = await loadApi(file)
  const { findings, checklist } = await reviewModule(file, false, data)
  return { file, access: accessMatrix(api), rules: REVIEW_RULES, findings, checklist }
}

/** The commit that is checked out; a tree with changes is not that commit. */
async function commitOf(folder: string): Promise<string> {
  const git = async (...args: readonly string[]) =>
    (await promisify(execFile)('git', args, { cwd: folder, timeout: 30_000 })).stdout.trim()
  try {
    const commit = await git('rev-parse', 'HEAD')
    return (await git('status', '--porcelain', '--untracked-files=no')) === ''
      ? commit
      : `${commit} with uncommitted changes`
  } catch {
    return 'unknown'
  }
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  const sums: string[] = []
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    sums.push(`${createHash('sha256').update(text).digest('hex')}  ${name}`)
  }
  await writeFile(join(folder, 'SHA256SUMS'), `${sums.join('\n')}\n`, { mode: 0o600 })
}
