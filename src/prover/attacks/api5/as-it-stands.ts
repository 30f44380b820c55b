import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import { withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { currentValue, DESTROYS } from '../api1/write-cases.ts'

/** Whether an operation leaves what it names whole, or can be undone by writing back what was there. */
export const leavesWhole = ({ method, path }: Operation): boolean =>
  method === 'PUT' || method === 'PATCH' || (method === 'POST' && !DESTROYS.test(path))

/**
 * Something that was there before and that nobody can make anew, such as a tenant or the account of a user beside the admin.
 * @throws {NotTested} Where none is known, or a change could not be put back.
 */
export async function standing(probe: Probe, operation: Operation, name: string, owner: Identity): Promise<Thing> {
  const resource = probe.resource(name)
  if (operation.method === 'POST' && !resource.isTenant)
    throw new NotTested(`no ${name} can be made for it, and what is there is not to be touched`)
  const mates = probe.run.identities.filter(
    ({ plan }) => plan.kind === 'user' && plan.tenant === owner.plan.tenant && owner.plan.kind === 'admin',
  )
  const holder = resource.isTenant ? owner : (mates.at(-1) ?? owner)
  const found = await probe.object(name, holder).catch((error: unknown) => {
    // What users may not even list is found by the admin alone.
    if (holder === owner || !(error instanceof NotTested || error instanceof Inconclusive)) throw error
    return probe.object(name, owner)
  })
  const thing = { ...found, owner }
  const data = found.data ?? (await probe.world.read(thing).catch(() => null))?.json
  if (operation.method !== 'POST' && data === undefined)
    throw new NotTested(`nothing shows the ${name} as it stands, so that a change could not be put back`)
  return { ...thing, data }
}

/** The request with every field as it stands, so that it changes nothing. @throws {NotTested} Where none of its fields is shown. */
export function unchanging(draft: BuiltDraft, { data, resource }: Thing): BuiltDraft {
  const sent = typeof draft.body === 'object' && draft.body !== null ? Object.keys(draft.body) : []
  let body = draft.body
  for (const name of sent) body = withAt(body, `/${name}`, currentValue(data, name))
  if (typeof body === 'object' && body !== null && sent.length > 0 && Object.keys(body).length === 0)
    throw new NotTested(
      `no reply shows the fields of the ${resource.name} that it writes, so they could not be put back`,
    )
  return { ...draft, body }
}
