import type { Identity } from '../identities.ts'
import type { Operation } from '../plan/plan.ts'
import type { Probe } from '../probe.ts'
import type { Thing } from '../world.ts'

/** What a change may be tried on, and whose it is; nothing where the operation makes something or is about nothing. */
export interface ToChange {
  readonly alice: Identity
  readonly things: readonly Thing[]
}

/** Something new of the owner's; where that is a person, an account to spare. @throws {NotTested} Where there is none. */
export async function toChange(probe: Probe, { purpose, resource }: Operation, owner: Identity): Promise<ToChange> {
  if (resource === null || purpose === 'create' || purpose === 'list') return { alice: owner, things: [] }
  if (!probe.resource(resource).isUser) return { alice: owner, things: [await probe.fresh(resource, owner)] }
  const alice = await probe.throwaway()
  return { alice, things: [await probe.object(resource, alice)] }
}
