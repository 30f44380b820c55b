import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import type { Thing } from '../../world.ts'
import { settled } from './behaviour-signs.ts'
import { plainRead } from './plain-read.ts'
import { type Privacy, shared } from './privacy.ts'

const GIVES =
  /^(shares?|sharing|invit(e|es|ations?)|members?|collaborators?|participants?|grants?|permissions?|access|guests?|viewers?|editors?)$/i

/**
 * An object that can be shared may have been: before the run, or by a request of the run itself. Then a new one of the same kind is kept
 * from the stranger. Null where nothing was given to him.
 */
export async function givenTo(probe: Probe, thing: Thing, stranger: Identity): Promise<Privacy | null> {
  for (const link of [...thing.chain].reverse()) {
    const { resource, owner } = link
    const read = probe.operation(resource.read)
    if (read === null || resource.isUser || resource.isTenant || !canBeGiven(probe.plan, read)) continue
    const seen = await settled(() => plainRead(probe, read, link, stranger))
    if (!seen?.isShown) continue
    const another = await settled(() =>
      probe.shared(`api1 not given ${resource.name} ${owner.name}`, () => probe.fresh(resource.name, owner)),
    )
    const other = another && (await settled(() => plainRead(probe, read, another, stranger)))
    if (!other)
      return { is: 'unknown', why: `the ${resource.name} may have been shared with ${stranger.name}`, strong: false }
    if (!other.isShown)
      return shared(`this ${resource.name} was shared with ${stranger.name}; a new one is kept from him`)
  }
  return null
}

/** Whether something right below its path is made that lets others in. */
const canBeGiven = (plan: Plan, read: Operation): boolean =>
  plan.operations.some(
    ({ method, path, leftOut }) =>
      !leftOut &&
      (method === 'POST' || method === 'PUT') &&
      path.startsWith(`${read.path}/`) &&
      GIVES.test(path.slice(read.path.length + 1).split('/')[0] ?? ''),
  )
