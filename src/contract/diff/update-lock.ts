import { type JudgedChange, judgeChanges } from './acknowledge.ts'
import type { Place } from './change.ts'
import { anonymous } from './compared-operation.ts'
import { diffOutlines } from './diff-documents.ts'
import type { Lock } from './lock.ts'
import type { ContractOutline } from './outline.ts'

export interface UpdatedLock {
  readonly lock: Lock
  /** Every change since the lock. */
  readonly changes: readonly JudgedChange[]
  /** The loosenings that the new lock does not agree to: their places stay as they were. */
  readonly held: readonly JudgedChange[]
}

/**
 * Moves a lock to the contract of today. A place (an operation, a resource, a scheme) that loosens stays as it was, so that a passing
 * acknowledgement never becomes a lasting one unseen. Acknowledgements of what is no more are dropped.
 * @param takeLoosened - Agrees to what loosens as well.
 */
export function updateLock(lock: Lock, today: ContractOutline, now: Date, takeLoosened = false): UpdatedLock {
  const changes = judgeChanges(diffOutlines(lock.contract, today), lock.acknowledged, now)
  const held = takeLoosened ? [] : changes.filter(({ direction }) => direction === 'loosens')
  const contract = holding(
    lock.contract,
    today,
    held.map(({ place }) => place),
  )
  const alive = new Set(held.map(({ id }) => id))
  const acknowledged = Object.entries(lock.acknowledged).filter(([id]) => alive.has(id))
  return { lock: { turnpikeLock: 1, contract, acknowledged: Object.fromEntries(acknowledged) }, changes, held }
}

/** Today's contract with some places as they were. */
function holding(was: ContractOutline, is: ContractOutline, places: readonly Place[]): ContractOutline {
  const keys = (section: Place['section']) => places.filter((each) => each.section === section).map(({ key }) => key)
  const renamed = keys('operations').flatMap((id) =>
    Object.keys(was.operations).filter((old) => !is.operations[old] && anonymous(old) === anonymous(id)),
  )
  return {
    title: is.title,
    servers: keys('servers').length > 0 ? was.servers : is.servers,
    schemes: heldIn(was.schemes, is.schemes, keys('schemes')),
    resources: heldIn(was.resources, is.resources, keys('resources')),
    refusals: keys('refusals').length > 0 ? was.refusals : is.refusals,
    operations: heldIn(was.operations, is.operations, [...keys('operations'), ...renamed]),
  }
}

function heldIn<T>(
  was: Readonly<Record<string, T>>,
  is: Readonly<Record<string, T>>,
  keys: readonly string[],
): Readonly<Record<string, T>> {
  const kept = Object.entries(is).filter(([key]) => !keys.includes(key))
  return Object.fromEntries([...kept, ...Object.entries(was).filter(([key]) => keys.includes(key))])
}
