/**
 * How well `prove` finds what is planted, and how quiet it is where nothing is: runs it on APIs whose authors did not know it,
 * each with about 25 planted faults and a clean twin. `npx tsx --conditions=source bench/ground-truth.ts [names] [--missed]`.
 */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { prepare } from '../src/cli/prove/prove-target.ts'
import { ATTACKS } from '../src/prover/attacks/attacks.ts'
import type { Exchange } from '../src/prover/engine/exchange.ts'
import { prove } from '../src/prover/prove.ts'
import { type Finding, findingsOf } from '../src/prover/report/findings.ts'
import { runHead } from '../src/prover/report/run-record.ts'

interface Fault {
  readonly id: string
  readonly risk: string
  readonly method: string
  readonly path: string
  readonly what: string
}

const FOLDER = new URL('../test/prover/blind/', import.meta.url)
const NAMES = ['clinic', 'market', 'fleet', 'library']

interface Blind {
  start(options: { readonly planted: boolean }): Promise<{ readonly url: string; close(): Promise<void> }>
}

async function findingsOn(name: string, planted: boolean) {
  const { start } = (await import(new URL(`${name}/server.ts`, FOLDER).href)) as Blind
  const server = await start({ planted })
  const folder = new URL(`${name}/`, FOLDER).pathname
  const started = performance.now()
  try {
    const runId = randomUUID()
    const prepared = await prepare(
      server.url,
      {
        openapi: `${folder}openapi.yaml`,
        config: `${folder}turnpike.yaml`,
        rate: '45',
        maxWait: '61',
        runs: '',
        baseline: '',
        failOn: 'low',
      },
      runId,
    )
    const exchanges = new Map<number, Exchange>()
    const { plan, target, pace, callback } = prepared
    const result = await prove(plan, target, {
      ...pace,
      attacks: ATTACKS,
      safe: false,
      callback,
      runId,
      onExchange: (exchange) => exchanges.set(exchange.number, exchange),
    })
    await prepared.close()
    const head = runHead({
      turnpike: '',
      runId: result.runId,
      startedAt: result.startedAt,
      target: server.url,
      contract: null,
      plan,
      attacks: ATTACKS,
      options: { seed: pace.seed, safe: false, only: [], limits: pace.limits },
    })
    const seconds = (performance.now() - started) / 1000
    const findings = findingsOf({ ...head, ...result, exchanges, seconds })
    return { findings, result, seconds }
  } finally {
    await server.close()
  }
}

const sameShape = (one: string, other: string): boolean =>
  one.replaceAll(/\{[^}]*\}/g, '{}').toLowerCase() === other.replaceAll(/\{[^}]*\}/g, '{}').toLowerCase()

/** Whether a finding is of this fault: the same risk and operation, or its path where it is in no document. */
function isOf(finding: Finding, fault: Fault): boolean {
  if (finding.attack.risk !== fault.risk) return false
  if (fault.path === '*') return true
  const [method = '', path = ''] = (finding.operation ?? '').split(' ')
  if (sameShape(path, fault.path) && (fault.method === '*' || method === fault.method)) return true
  const text = `${finding.variant ?? ''} ${finding.why}`
  return text.includes(fault.path.replace(/\{.*$/, '')) && fault.path.length > 3
}

const told = (finding: Finding): string =>
  `${finding.severity.padEnd(8)} ${finding.attack.risk} ${finding.attack.id} ${finding.operation ?? ''} ${finding.variant ?? ''}: ${finding.why.slice(0, 160)}`

async function score(name: string, showMissed: boolean): Promise<void> {
  const faults = JSON.parse(await readFile(new URL(`${name}/truth.json`, FOLDER), 'utf8')) as readonly Fault[]
  const planted = await findingsOn(name, true)
  const twin = await findingsOn(name, false)
  const real = planted.findings.filter(({ severity }) => severity !== 'info')
  const found = faults.filter((fault) => planted.findings.some((finding) => isOf(finding, fault)))
  const strange = real.filter((finding) => !faults.some((fault) => isOf(finding, fault)))
  const alarms = twin.findings.filter(({ severity }) => severity !== 'info')
  console.log(
    `${name}: found ${found.length} of ${faults.length} (recall ${(found.length / faults.length).toFixed(2)}), ` +
      `${real.length - strange.length} of ${real.length} findings of a planted fault (precision ${real.length === 0 ? '–' : ((real.length - strange.length) / real.length).toFixed(2)}), ` +
      `${alarms.length} alarms on the clean twin; ${planted.result.requests} requests in ${planted.seconds.toFixed(0)} s`,
  )
  const counts = (results: readonly { readonly outcome: string }[]) =>
    ['pass', 'fail', 'inconclusive', 'not-tested']
      .map((outcome) => `${outcome} ${results.filter((each) => each.outcome === outcome).length}`)
      .join(', ')
  console.log(`  planted: ${counts(planted.result.results)}; twin: ${counts(twin.result.results)}`)
  if (process.argv.includes('--reasons')) {
    const reasons = new Map<string, number>()
    for (const { outcome, why, attack } of planted.result.results)
      if (outcome === 'inconclusive' || outcome === 'not-tested') {
        const reason = `${outcome} ${attack}: ${why.slice(0, 220)}`
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }
    for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`  ${count} × ${reason}`)
  }
  for (const alarm of alarms) console.log(`  alarm on the twin: ${told(alarm)}`)
  for (const finding of strange) console.log(`  of no planted fault: ${told(finding)}`)
  if (showMissed)
    for (const fault of faults)
      if (!found.includes(fault))
        console.log(`  missed: ${fault.id} ${fault.risk} ${fault.method} ${fault.path}: ${fault.what}`)
}

const names = process.argv.slice(2).filter((each) => !each.startsWith('--'))
for (const name of names.length > 0 ? names : NAMES) await score(name, process.argv.includes('--missed'))
