import { cpus } from 'node:os'
import type { Contender } from './contenders/contender.ts'
import type { Plan, Sample } from './measure.ts'
import { type Spread, spreadOf } from './statistics.ts'

export type Samples = ReadonlyMap<Contender, readonly Sample[]>

/** What the figures were taken with; without it they say nothing. */
export function circumstances(plan: Plan, date: Date): string {
  const [cpu] = cpus()
  return [
    `- ${date.toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `- ${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}`,
    `- ${plan.rounds} rounds of ${plan.milliseconds / 1000} s over all contenders in turn, after ${plan.warmUpMilliseconds / 1000} s of warm-up each; ${plan.connections} connections kept alive, one request under way on each`,
    '- every contender in a process of its own; the load comes from another one, over loopback',
  ].join('\n')
}

/** µs of processor time and requests a second, each beside the ratio to the first contender's of the same round. */
export function comparison(samples: Samples): string {
  const [first] = samples.values()
  const rows = [...samples].map(([{ title }, own]) => [
    title,
    figures(own, ({ microseconds }) => microseconds, 1),
    ratio(first ?? [], own, ({ microseconds }) => microseconds),
    figures(own, ({ requestsPerSecond }) => requestsPerSecond, 0),
    ratio(own, first ?? [], ({ requestsPerSecond }) => requestsPerSecond),
  ])
  return table(['', 'CPU µs a request', 'bare / this, CPU', 'requests a second', 'this / bare, throughput'], rows)
}

/** @param pairs - Name of the row, dividend and divisor, by names of contenders. */
export function targets(samples: Samples, pairs: readonly Target[]): string {
  const byName = new Map([...samples].map(([{ name }, own]) => [name, own]))
  const rows = pairs.map(({ title, of, by, atLeast }) => {
    const spread = ratios(byName.get(of) ?? [], byName.get(by) ?? [], ({ microseconds }) => microseconds)
    return [title, written(spread, 2), String(atLeast), spread.median >= atLeast ? 'reached' : 'missed']
  })
  return table(['CPU of … / CPU of …', 'measured', 'target', ''], rows)
}

export interface Target {
  readonly title: string
  readonly of: string
  readonly by: string
  readonly atLeast: number
}

export function growth(groups: ReadonlyMap<string, Samples>): string {
  const rows = [...groups].flatMap(([what, samples]) => {
    const [first] = samples.values()
    return [...samples].map(([{ title }, own]) => [
      what,
      title,
      figures(own, ({ microseconds }) => microseconds, 1),
      ratio(own, first ?? [], ({ microseconds }) => microseconds),
    ])
  })
  return table(['what grows', 'how many', 'CPU µs a request', 'against the smallest'], rows)
}

function ratios(of: readonly Sample[], by: readonly Sample[], value: (sample: Sample) => number): Spread {
  return spreadOf(
    of.flatMap((sample, round) => {
      const other = by[round]
      return other ? [value(sample) / value(other)] : []
    }),
  )
}

const ratio = (of: readonly Sample[], by: readonly Sample[], value: (sample: Sample) => number): string =>
  written(ratios(of, by, value), 2)

const figures = (samples: readonly Sample[], value: (sample: Sample) => number, digits: number): string =>
  written(spreadOf(samples.map(value)), digits)

const written = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
