import type { Assessment, Judged } from './assessment.ts'
import { SEVERITIES } from './findings.ts'
import { counted } from './risk-rows.ts'

/** `run 1f…, seed 1, 7 operations, 4 identities, 12 attacks`. */
export function scopeText({ run }: Assessment): string {
  const { plan, attacks, options } = run
  const limits = [
    ...(options.safe ? ['without what destroys'] : []),
    ...(options.limits.allowWrites ? [] : ['reading only']),
    ...(options.only.length > 0 ? [`only ${options.only.join(', ')}`] : []),
    ...(options.limits.scope.length > 0 ? [`below ${options.limits.scope.join(', ')}`] : []),
  ]
  return [
    `run ${run.runId}`,
    `seed ${options.seed}`,
    run.startedAt,
    counted(plan.operations.length, 'operation'),
    `identities ${plan.identities
      .filter(({ spare }) => !spare)
      .map(({ name }) => name)
      .join(', ')}`,
    counted(attacks.length, 'attack'),
    ...limits,
  ].join(', ')
}

/** `3 findings: 1 critical, 2 low; 2 new, 1 accepted`. */
export function countsText({ findings, fixed }: Assessment): string {
  if (findings.length === 0 && fixed.length === 0) return 'No finding'
  const by = (texts: readonly string[], of: (finding: Judged) => string) =>
    texts.flatMap((text) => {
      const count = findings.filter((finding) => of(finding) === text).length
      return count === 0 ? [] : [`${count} ${text}`]
    })
  const states = [
    ...by(['new', 'open', 'accepted'], ({ state }) => state),
    ...(fixed.length > 0 ? [`${fixed.length} fixed`] : []),
  ]
  const severities = by(SEVERITIES, ({ severity }) => severity)
  return `${counted(findings.length, 'finding')}: ${[severities.join(', '), states.join(', ')].filter((text) => text !== '').join('; ')}`
}

/** `1,204 requests in 12.1 s (99 a second), the first finding after 0.4 s`. */
export function speedText({ run }: Assessment): string {
  const seconds = Math.max(run.seconds, 0.001)
  const first = run.firstFindingSeconds
  return [
    `${counted(run.requests, 'request')} in ${seconds.toFixed(1)} s (${Math.round(run.requests / seconds)} a second)`,
    ...(first === null ? [] : [`the first finding after ${first.toFixed(1)} s`]),
  ].join(', ')
}
