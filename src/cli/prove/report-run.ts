import type { RunRecord } from '../../prover/report/run-record.ts'
import type { ProveFlags } from './prove-options.ts'

export async function reportRun(run: RunRecord, path: string, _flags: ProveFlags): Promise<number> {
  for (const r of run.results)
    if (r.outcome !== 'pass' || process.env.ALL)
      process.stdout.write(
        `${r.outcome.padEnd(13)} ${r.attack} ${r.operation ?? ''} ${r.owner ?? ''}→${r.attacker ?? ''} ${r.variant ?? ''}: ${r.why.slice(0, 300)}\n`,
      )
  const counts: Record<string, number> = {}
  for (const { outcome } of run.results) counts[outcome] = (counts[outcome] ?? 0) + 1
  process.stdout.write(`${JSON.stringify(counts)} ${run.requests} requests ${path}\n`)
  return (counts.fail ?? 0) > 0 ? 1 : 0
}
