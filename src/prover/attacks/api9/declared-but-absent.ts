import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { fillPath } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { saysTheSame } from '../api8/says-the-same.ts'
import { firstUser } from '../pairs.ts'
import { settled } from '../settled.ts'

export const declaredButAbsent: Attack = {
  id: 'declared-but-absent',
  number: 123,
  risk: 'API9',
  severity: 'info',
  cwe: 1059,
  title: 'A declared operation is not there',
  references: ['OWASP API9:2023', 'RFC 9110 section 15.5.6'],
  maxRequests: 8,
  oracle:
    'It is answered 405 or 501; or 404 in the very words of an unknown path, where it names no object or one that is there, or where a missing object is answered in other words.',
  fix: 'Take it out of the document, or deploy it: a document that is wrong here is not read elsewhere either.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const { path, answer, isThere } = await asked(probe, operation, alice)
    if (answer.status === 405 || answer.status === 501)
      return fail(`${operation.id} is declared and answered ${answer.status}`, answer)
    if (answer.status !== 404) return pass(`it is there: ${answer.status}`, answer)
    const unknownPath = `/${probe.nonce()}`
    const unknown = await settled(
      probe,
      {
        method: operation.method,
        path: unknownPath,
        query: [],
        headers: [],
        body: bodyFor(operation),
        mediaType: 'application/json',
      },
      alice,
    )
    const isUnknown = saysTheSame(answer, path, unknown, unknownPath)
    if (
      isUnknown &&
      (isThere || !operation.path.includes('{') || (await tellsMissesApart(probe, alice, unknown, unknownPath)))
    )
      return fail(`${operation.id} is declared and answered like an unknown path`, unknown, answer)
    if (isUnknown && (await isAllowed(probe, operation, path, alice))) return pass('Allow names its method', answer)
    if (isUnknown)
      throw new NotTested('the API answers missing objects and unknown paths alike, so that neither can be told')
    return pass('404 speaks of the object, not of the path', unknown, answer)
  },
}

/** Reads of one's own; writes with nothing in them, to objects that are not there: only who routes it matters. */
function* cases(plan: Plan): Generator<Case> {
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin ?? plan.identities[0]
  if (!user) return
  for (const operation of plan.operations) {
    const { method, purpose, path, leftOut } = operation
    if (leftOut || purpose === 'auth' || purpose === 'webhook') continue
    if (method !== 'GET' && purpose !== 'create' && !path.includes('{')) continue
    if (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method))
      yield { operation, owner: (operation.access === 'admin' ? (admin ?? user) : user).name }
  }
}

const bodyFor = ({ method }: Operation): unknown => (method === 'GET' || method === 'DELETE' ? undefined : {})

interface Asked {
  readonly path: string
  readonly answer: Answer
  /** The path names an object that is there. */
  readonly isThere: boolean
}

async function asked(probe: Probe, operation: Operation, alice: Identity): Promise<Asked> {
  const thing = operation.purpose === 'update' ? await madeFor(probe, operation, alice) : null
  const draft = await probe.draft(operation, alice, thing === null ? {} : { things: [thing] })
  const last = Object.entries(draft.params).at(-1)
  const isHarmless = operation.method === 'GET' || (operation.purpose === 'create' && !/\}\/?$/.test(operation.path))
  const path =
    isHarmless || thing !== null || last === undefined
      ? draft.path
      : fillPath(operation.path, { ...draft.params, [last[0]]: probe.world.missingId(last[1]) })
  const body = bodyFor(operation)
  const answer = await settled(
    probe,
    { ...draft, path, body, ...(body ? { mediaType: 'application/json' } : {}) },
    alice,
  )
  if (answer.status >= 500 && answer.status !== 501)
    throw new Inconclusive(
      `${operation.id} is answered ${answer.status}, which says nothing of its being there`,
      answer,
    )
  return { path, answer, isThere: thing !== null }
}

/** An object that its owner can read; null where none can be made. */
async function madeFor(probe: Probe, { resource }: Operation, alice: Identity): Promise<Thing | null> {
  if (resource === null) return null
  const thing = await probe.fresh(resource, alice).catch(() => null)
  return thing !== null && succeeded(await probe.world.read(thing)) ? thing : null
}

/** Whether the path says that it takes the method, asked by one that it does not take (RFC 9110 section 10.2.1). */
async function isAllowed(probe: Probe, { method }: Operation, path: string, alice: Identity): Promise<boolean> {
  for (const other of ['PROPFIND', 'OPTIONS']) {
    const draft = { method: other, path, query: [], headers: [], body: undefined, mediaType: '' }
    const { headers } = await probe.send(draft, alice, { anyStatus: true })
    if ((headers.allow ?? '').split(',').some((each) => each.trim() === method)) return true
  }
  return false
}

/** Whether a missing object is answered in other words than an unknown path. Kept for the run. */
function tellsMissesApart(probe: Probe, alice: Identity, unknown: Answer, unknownPath: string): Promise<boolean> {
  return probe.shared('misses told apart', async () => {
    for (const { read, name } of probe.plan.resources) {
      const operation = probe.operation(read)
      if (operation === null || operation.access === 'admin') continue
      const thing = await probe.object(name, alice).catch(() => null)
      if (thing === null) continue
      const missing = await probe.missing(operation, alice, thing)
      return missing.status !== unknown.status || !saysTheSame(missing, thing.id, unknown, unknownPath)
    }
    return false
  })
}
