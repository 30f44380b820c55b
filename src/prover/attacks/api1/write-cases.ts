import type { Case } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import { type BuiltDraft, fillPath } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import { at, leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { judgeWrite } from './judge-write.ts'
import { addressed, nothingKnown } from './object-cases.ts'
import { changeableByOwnerAlone, operationPrivacy } from './private-object.ts'
import { victimOf } from './read-back.ts'

/** Actions that end an object or cannot be taken back, by the last word of their path. */
export const DESTROYS =
  /\/[^/{]*(delete|remove|cancel|archive|close|void|refund|terminate|revoke|purge|destroy|deactivate|disable|wipe|reset)[^/{}]*$/i

/** Whether a request changes an object that its path names, and the object stays. */
export const changes = ({ method, purpose, path }: Operation): boolean =>
  method === 'PUT' ||
  method === 'PATCH' ||
  (method === 'POST' && !DESTROYS.test(path) && (purpose === 'action' || purpose === 'update' || isVerb(path)))

/** `POST /invoices/{id}/pay` may look like the making of a `pay`. */
export const isVerb = (path: string): boolean => /\}\/[^/{}]*[^s/{}]$/.test(path)

/** The attack of a stranger on a new object of the owner, by the operation as it stands. */
export async function strangerWrites({ operation, owner, attacker }: Case, probe: Probe): Promise<Verdict> {
  const resource = operation ? addressed(probe.plan, operation) : null
  if (!operation || !resource) throw nothingKnown()
  const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
  const thing = await thingToWrite(probe, operation, resource.name, alice)
  const canary = probe.nonce()
  const draft = await writeDraft(probe, operation, thing, bob, canary)
  const verdict = judgeWrite(probe, {
    operation,
    thing,
    attacker: bob,
    draft,
    canary: draft.canaryAt === null ? null : canary,
    control: { key: operation.id, draft: () => writeDraft(probe, operation, thing, thing.owner, probe.nonce()) },
    how: `sends ${operation.id} to the ${resource.name}`,
    missing: () => {
      const nothing = { ...thing, id: probe.world.missingId(thing.id) }
      return writeDraft(probe, operation, { ...nothing, chain: [...thing.chain.slice(0, -1), nothing] }, bob, canary)
    },
    // Whoever may read an object may often like, rate or answer it; changing it is another thing.
    privacy: () =>
      /\}\/?$/.test(operation.path)
        ? changeableByOwnerAlone(probe, thing, bob, operation)
        : operationPrivacy(probe, thing, bob, operation),
  })
  return thing.made || resource.isUser ? verdict : verdict.finally(() => restore(probe, operation, thing))
}

/** A new object; for a change of a text, what was found will do where none can be made, since it is put back. */
async function thingToWrite(probe: Probe, operation: Operation, resource: string, owner: Identity): Promise<Thing> {
  try {
    return await victimOf(probe, resource, owner, operation.method === 'DELETE')
  } catch (error) {
    const isUpdate = operation.purpose === 'update' && ['PUT', 'PATCH'].includes(operation.method)
    if (!(error instanceof NotTested) || !isUpdate || probe.resource(resource).isUser) throw error
    const found = await probe.object(resource, owner)
    const { canaryAt } = await writeDraft(probe, operation, found, owner, probe.nonce())
    if (found.data === undefined || canaryAt === null || currentValue(found.data, nameOf(canaryAt)) === undefined)
      throw error
    return found
  }
}

/** Gives a found object its text back, as its owner. */
async function restore(probe: Probe, operation: Operation, thing: Thing): Promise<void> {
  const draft = await writeDraft(probe, operation, thing, thing.owner, probe.nonce())
  if (draft.canaryAt === null) return
  const body = withAt(draft.body, draft.canaryAt, currentValue(thing.data, nameOf(draft.canaryAt)))
  await probe.send({ ...draft, body }, thing.owner, { anyStatus: true })
}

const nameOf = (pointer: string): string => pointer.split('/').at(-1) ?? ''

/** The operation on this object as somebody would send it: the path is its owner's, what else is needed the sender's. */
export async function writeDraft(
  probe: Probe,
  operation: Operation,
  thing: Thing,
  as: Identity,
  canary: string,
): Promise<BuiltDraft> {
  const own = await probe.draft(operation, thing.owner, { things: [thing] })
  const draft = as === thing.owner ? own : await probe.draft(operation, as, { things: [thing] })
  const planted = await probe.draft(operation, as, { things: [thing], canary })
  const path = { path: fillPath(operation.path, own.params), params: own.params }
  if (planted.canaryAt !== null) return { ...planted, ...path }
  return { ...draft, ...path, body: otherThan(draft.body, thing.data, operation) }
}

/** Where no text has room, another number, choice or switch than the object has, so that a change shows. */
function otherThan(body: unknown, data: unknown, operation: Operation): unknown {
  if (typeof body !== 'object' || body === null) return body
  const properties = operation.read.body?.content[0]?.schema.properties ?? {}
  for (const [name, schema] of Object.entries(properties)) {
    const held = currentValue(data, name)
    if (schema.readOnly === true || held === undefined) continue
    const [other] = (schema.enum ?? []).filter((each) => each !== held)
    if (other !== undefined) return withAt(body, `/${name}`, other)
    if (typeof held === 'boolean') return withAt(body, `/${name}`, !held)
    if (typeof held === 'number' && schema.enum === undefined && !/id$/i.test(name)) {
      const next = held + 1
      return withAt(body, `/${name}`, schema.maximum !== undefined && next > schema.maximum ? held - 1 : next)
    }
  }
  return body
}

/** The value of a field wherever an object shows it: at its top, or in the envelope around it. */
export function currentValue(data: unknown, name: string): unknown {
  const direct = at(data, `/${name}`)
  if (direct !== undefined) return direct
  return [...leavesOf(data)].find((leaf) => leaf.at.split('/').length === 3 && leaf.at.endsWith(`/${name}`))?.value
}

/** @throws {NotTested} Where what is destroyed is to be left out. */
export function refuseWhenSafe(probe: Probe): void {
  if (probe.run.safe) throw new NotTested('it destroys what it made, and --safe leaves that out')
}
