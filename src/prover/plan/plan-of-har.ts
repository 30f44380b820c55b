import type { HarReading } from './har.ts'
import type { Plan } from './plan.ts'
import type { PlanConfig, ResourceHint } from './plan-config.ts'
import { planOf } from './plan-of.ts'

/**
 * The plan for a recording: its operations, bodies and ids beside what people say.
 * @param identity - Whose recording it is: the name of one of the identities.
 */
export function planOfHar(reading: HarReading, config: PlanConfig, identity: string): Plan {
  const resources: Record<string, ResourceHint> = { ...config.resources }
  for (const [name, ids] of Object.entries(reading.seen))
    resources[name] = { ...resources[name], seen: { [identity]: ids } }
  const plan = planOf(reading.document, {
    ...config,
    resources,
    samples: { ...reading.samples, ...config.samples },
  })
  const unsaid = (name: string) => config.unsaid?.[name]?.includes('place') === true
  const identities = plan.identities.map((each) => ({
    ...each,
    ...(unsaid(each.name) ? { place: reading.place } : {}),
    ...(each.name === identity ? { headers: { ...reading.csrf, ...each.headers } } : {}),
  }))
  const csrf = Object.keys(reading.csrf)
  const without = identities.filter(
    ({ name, source, headers }) => name !== identity && source.kind === 'token' && !headers,
  )
  const unsure =
    csrf.length === 0 || without.length === 0
      ? []
      : [
          `writes need ${csrf.join(', ')}, which the recording has of ${identity} alone: what ${without.map(({ name }) => name).join(', ')} is refused may be for that; ` +
            `add identities: { ${without[0]?.name}: { token: …, headers: { ${csrf[0]}: … } } }`,
        ]
  const notes = [...plan.notes, ...unsure, ...reading.ignored.map((why) => `the recording: ${why}`)]
  return { ...plan, identities, source: 'har', notes }
}
