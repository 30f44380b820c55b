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
  const identities = plan.identities.map((each) => (unsaid(each.name) ? { ...each, place: reading.place } : each))
  return {
    ...plan,
    identities,
    source: 'har',
    notes: [...plan.notes, ...reading.ignored.map((why) => `the recording: ${why}`)],
  }
}
