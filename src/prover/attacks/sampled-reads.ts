import type { Case, Untested } from '../attack.ts'
import type { Operation, Plan } from '../plan/plan.ts'
import type { Control, Probe } from '../probe.ts'
import { Inconclusive, NotTested } from '../verdict.ts'
import { pathObjects } from './api1/object-cases.ts'
import { shownBy } from './api1/plain-read.ts'
import { firstUser } from './pairs.ts'
import { type SignedInCase, signedInReads } from './signed-in.ts'

const WITHOUT_ANYBODY = 'needs somebody who is signed in; add --as alice=…, or an identity to turnpike.yaml'

/** Reading operations, each with somebody who may call it; the most telling first, what is deprecated last. */
export function readsOf(plan: Plan, wanted: 'signed-in' | 'all'): readonly SignedInCase[] {
  const somebody = firstUser(plan) ?? plan.identities[0]
  const open = plan.operations.filter(
    ({ method, access, leftOut }) => method === 'GET' && access === 'public' && !leftOut,
  )
  const reads = [
    ...signedInReads(plan),
    ...(wanted === 'all' && somebody ? open.map((operation) => ({ operation, owner: somebody.name })) : []),
  ]
  const rank = ({ operation }: SignedInCase) =>
    (operation.id === plan.auth.whoAmI ? 0 : RANKS.indexOf(operation.purpose) + 1) +
    (operation.read.deprecated || operation.extension?.deprecated ? 20 : 0)
  return [...reads].sort((one, other) => rank(one) - rank(other))
}

const RANKS: readonly string[] = ['read', 'list', 'create', 'update', 'delete', 'action', 'other', 'auth', 'webhook']

/** One case for the API as a whole, told apart by variants. */
export function apiWide(
  plan: Plan,
  wanted: 'signed-in' | 'all',
  ...variants: readonly string[]
): readonly (Case | Untested)[] {
  const [first] = readsOf(plan, wanted)
  if (plan.identities.length === 0) return [{ operation: null, untested: WITHOUT_ANYBODY }]
  if (!first) return [{ operation: null, untested: 'no operation reads what only somebody signed in may see' }]
  const cases = variants.length === 0 ? [{}] : variants.map((variant) => ({ variant }))
  return cases.map((each) => ({ operation: null, owner: first.owner, ...each }))
}

export interface Sampled {
  readonly operation: Operation
  readonly owner: string
  readonly control: Control
}

/**
 * What its owner is shown by a reading operation of something of his own; an admin in his place where a scope keeps him out.
 * @throws {Inconclusive | NotTested} Where neither is shown anything.
 */
export async function readSample(probe: Probe, { operation, owner }: SignedInCase): Promise<Sampled> {
  try {
    return { operation, owner, control: await readControl(probe, operation, owner) }
  } catch (error) {
    const admin = probe.plan.identities.find(({ kind, spare, name }) => kind === 'admin' && !spare && name !== owner)
    if (!(error instanceof Inconclusive) || admin === undefined || operation.access === 'public') throw error
    const control = await readControl(probe, operation, admin.name).catch(() => null)
    if (control === null) throw error
    return { operation, owner: admin.name, control }
  }
}

/** Requests of a sample beside those of the attack itself. */
export const SAMPLE_REQUESTS = 4

async function readControl(probe: Probe, operation: Operation, owner: string): Promise<Control> {
  const alice = probe.identity(owner)
  const { resource, purpose } = operation
  // A list of nothing tells nothing.
  if (purpose === 'list' && resource !== null) await probe.object(resource, alice).catch(() => null)
  if (pathObjects(operation).length > 0)
    return probe.ownerReads(operation, alice, await shownBy(probe, operation, alice))
  const named = purpose === 'read' && resource !== null ? await probe.object(resource, alice) : null
  return probe.ownerReads(operation, alice, named)
}

/** Requests that finding a sample of so many may take. */
export const samplingRequests = (most: number): number => most * 2 * SAMPLE_REQUESTS

/**
 * A few reading operations that answer their owner, for what is the same all over an API. Kept for the run.
 * @throws {Inconclusive} Where none does.
 */
export function sampledReads(probe: Probe, most: number, wanted: 'signed-in' | 'all'): Promise<readonly Sampled[]> {
  return probe.shared(`sampled ${wanted} ${most}`, async () => {
    const found: Sampled[] = []
    const reasons: string[] = []
    for (const each of readsOf(probe.plan, wanted).slice(0, most * 2)) {
      if (found.length === most) break
      try {
        found.push(await readSample(probe, each))
      } catch (error) {
        if (!(error instanceof Inconclusive || error instanceof NotTested)) throw error
        reasons.push(`${each.operation.id}: ${error.message}`)
      }
    }
    if (found.length === 0) throw new Inconclusive(`no reading operation answers its owner (${reasons.join('; ')})`)
    return found
  })
}

/** The names of operations, for a sentence. */
export const namesOf = (sample: readonly Sampled[]): string => sample.map(({ operation }) => operation.id).join(', ')
