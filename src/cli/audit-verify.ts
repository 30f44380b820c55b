import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditReport, NodeReport } from '../audit/verify.ts'

export interface AuditVerifyOptions {
  /** The server's data folder; the server itself must be stopped. */
  readonly data: string
  readonly json?: boolean
}

/** `turnpike audit verify`: whether the audit log is whole. @returns The exit code: 0 whole, 1 faults, 2 when it could not be checked. */
export async function runAuditVerify({ data, json = false }: AuditVerifyOptions): Promise<number> {
  try {
    const report = await check(data)
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${describeReport(report).join('\n')}\n`)
    return report.whole ? 0 : 1
  } catch (error) {
    process.stderr.write(
      `The audit log in ${data} could not be checked: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return 2
  }
}

async function check(data: string): Promise<AuditReport> {
  // Opening a folder that is not there would make one, with an empty log that is whole.
  const found = await stat(join(data, 'postgres')).catch(() => null)
  if (!found?.isDirectory())
    throw new Error('there is no database in this folder; name the data folder of the server: --data FOLDER')
  const { fileKeyRing } = await import('../vault/file-key-ring.ts')
  const ring = await fileKeyRing(join(data, 'keys.json')).load()
  if (!ring)
    throw new Error('its key ring, keys.json, is missing, and without it no checkpoint can be told from a forged one')
  const { readCheckpoints } = await import('../audit/checkpoint.ts')
  const { ringSigner } = await import('../audit/ring-signer.ts')
  const { verifyAudit } = await import('../audit/verify.ts')
  const { embedded } = await import('../stores/embedded.ts')
  const state = await embedded(data)
  try {
    const checkpoints = await readCheckpoints(join(data, 'audit', 'checkpoints.ndjson'))
    return await verifyAudit({ records: state.audit, checkpoints, signer: ringSigner(ring) })
  } finally {
    await state.close()
  }
}

function describeReport({ whole, nodes, damagedLines, cannotSee }: AuditReport): readonly string[] {
  const total = nodes.reduce((sum, { count }) => sum + count, 0)
  const faults = nodes.reduce((sum, { faultCount }) => sum + faultCount, 0) + damagedLines.length
  return [
    ...nodes.flatMap(describeNode),
    ...damagedLines.map((number) => `  damaged-checkpoint  line ${number} of the checkpoint file is no checkpoint`),
    whole
      ? `Whole: ${counted(total, 'record')} on ${counted(nodes.length, 'node')}, none changed, removed, inserted or exchanged.`
      : `Not whole: ${counted(faults, 'fault')} in ${counted(total, 'record')} on ${counted(nodes.length, 'node')}.`,
    '',
    'What this check cannot see:',
    ...cannotSee.map((sentence) => `  - ${sentence}`),
  ]
}

function describeNode({
  node,
  firstSeq,
  lastSeq,
  count,
  faults,
  faultCount,
  checkpoints,
}: NodeReport): readonly string[] {
  const span = count === 0 ? 'no records' : `records ${firstSeq} to ${lastSeq} (${count})`
  const hidden = faultCount - faults.length
  return [
    `Node ${node}: ${span}, ${counted(checkpoints, 'checkpoint')} in agreement`,
    ...faults.map(({ kind, seq, detail }) => `  ${kind.padEnd(18)}  record ${seq}: ${detail}`),
    ...(hidden > 0 ? [`  and ${hidden} more faults`] : []),
  ]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
