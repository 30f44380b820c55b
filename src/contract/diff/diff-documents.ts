import type { ReadDocument } from '../from-openapi/document.ts'
import { bodyTypeChanges } from './body-types.ts'
import type { Change, Place } from './change.ts'
import { anonymous, type ComparedOperation, renameParams } from './compared-operation.ts'
import { contractPresence } from './contract-presence.ts'
import { schemeChanges, serverChanges } from './document-changes.ts'
import { endpointChanges } from './endpoint-changes.ts'
import { mayShow } from './may-show.ts'
import { accessChanges, paramChanges } from './operation-access.ts'
import { flowChanges, trustChanges } from './operation-flow.ts'
import { lifecycleChanges } from './operation-lifecycle.ts'
import { limitChanges } from './operation-limits.ts'
import { securityChanges } from './operation-security.ts'
import { type ContractOutline, type OperationOutline, outlineOf } from './outline.ts'
import { own } from './own.ts'
import { resourceChanges, resourcePresence } from './resource-changes.ts'
import { inputChanges, replyChanges } from './shape-changes.ts'

/** What changed from one document to the other, and what of it loosens. */
export const diffDocuments = (before: ReadDocument, after: ReadDocument): readonly Change[] =>
  diffOutlines(outlineOf(before), outlineOf(after))

/** The same for outlines, of which a lock file keeps one. Sorted by place: servers, schemes, resources, refusals, operations. */
export function diffOutlines(before: ContractOutline, after: ContractOutline): readonly Change[] {
  const pairs = pairedOperations(before, after)
  return [
    ...serverChanges({ section: 'servers', key: '' }, before.servers, after.servers),
    ...schemeChanges(before.schemes, after.schemes),
    ...resources(before, after, pairs),
    ...replyChanges('refusal-added', { section: 'refusals', key: '' }, before.refusals, after.refusals),
    ...operations(before, after, pairs),
  ]
}

interface Pair {
  readonly was: string
  readonly is: string
}

/** Operations of both sides; those whose path parameters only changed their names are the same ones. */
function pairedOperations(before: ContractOutline, after: ContractOutline): readonly Pair[] {
  const left = new Map(
    Object.keys(before.operations)
      .filter((id) => !after.operations[id])
      .map((id) => [anonymous(id), id]),
  )
  return Object.keys(after.operations).flatMap((is) => {
    const was = before.operations[is] ? is : left.get(anonymous(is))
    return was === undefined ? [] : [{ was, is }]
  })
}

function operations(before: ContractOutline, after: ContractOutline, pairs: readonly Pair[]): readonly Change[] {
  const olds = new Map(pairs.map(({ was, is }) => [is, was]))
  const kept = new Set(olds.values())
  const paths = (ids: readonly string[]) => new Set(ids.map((id) => anonymous(pathOf(id))))
  const [oldPaths, newPaths] = [paths(Object.keys(before.operations)), paths(Object.keys(after.operations))]
  const gone = Object.keys(before.operations).filter((id) => !kept.has(id))
  const changed = [...new Set([...Object.keys(after.operations), ...gone])].sort().flatMap((id) => {
    const place: Place = { section: 'operations', key: id }
    const was = olds.get(id)
    const [old, now] = [before.operations[was ?? id] ?? null, after.operations[id] ?? null]
    if (was !== undefined && old && now) {
      return compareOperations({ place, before: renameParams(old, was, id), after: now, resources: resourcesOf(after) })
    }
    const path = anonymous(pathOf(id))
    return now
      ? endpointChanges(place, null, now, oldPaths.has(path))
      : endpointChanges(place, old, null, newPaths.has(path))
  })
  return changed
}

const pathOf = (id: string): string => id.slice(id.indexOf(' ') + 1)

const resourcesOf =
  ({ resources: all }: ContractOutline): ComparedOperation['resources'] =>
  ({ params }) =>
  (object) =>
    own(all, own(params, object)?.resource ?? object)

/** Every comparison of one operation. */
function compareOperations(compared: ComparedOperation): readonly Change[] {
  const { place, before, after } = compared
  const contract = [
    ...contractPresence(compared),
    ...accessChanges(compared),
    ...paramChanges(compared),
    ...limitChanges(compared),
    ...flowChanges(compared),
    ...trustChanges(compared),
    ...lifecycleChanges(compared),
  ]
  return [
    ...contract,
    ...untold(securityChanges(compared), contract),
    ...serverChanges(place, before.servers, after.servers),
    ...bodyTypeChanges(place, before.bodyTypes, after.bodyTypes),
    ...inputChanges(place, before.input, after.input),
    ...replyChanges('reply-added', place, before.reply, after.reply),
  ]
}

/** A contract's access and API keys show in its security requirements too: one cause is told once. */
function untold(security: readonly Change[], contract: readonly Change[]): readonly Change[] {
  const told = contract.filter(({ subject }) => subject === 'access' || subject === 'clients')
  return security.filter(({ direction }) => !told.some((each) => each.direction === direction))
}

function resources(before: ContractOutline, after: ContractOutline, pairs: readonly Pair[]): readonly Change[] {
  const names = [...new Set([...Object.keys(before.resources), ...Object.keys(after.resources)])].sort()
  const kept = (side: 'was' | 'is', { operations: all }: ContractOutline): readonly OperationOutline[] =>
    pairs.flatMap((pair) => all[pair[side]] ?? [])
  return names.flatMap((name) => {
    const place: Place = { section: 'resources', key: name }
    const [was, is] = [own(before.resources, name) ?? null, own(after.resources, name) ?? null]
    if (was && is) return resourceChanges(place, was, is)
    const shown = was
      ? kept('was', before).some((operation) => mayShow(operation, name, was))
      : kept('is', after).some((operation) => is !== null && mayShow(operation, name, is))
    return resourcePresence(place, was, is, shown)
  })
}
