import type { Severity } from '../../contract/review/finding.ts'
import { NOBODY } from '../engine/engine.ts'
import type { Answer } from '../engine/exchange.ts'
import type { Identity, Session } from '../identities.ts'
import { visible } from '../report/visible.ts'
import type { Run } from '../run-state.ts'
import { succeeded } from '../success.ts'
import { Inconclusive, NotTested } from '../verdict.ts'
import { reasonOf, type World } from '../world.ts'
import type { Operation, Plan } from './plan.ts'

/** What was seen before anything is attacked. */
export interface PlanCheck {
  readonly identities: readonly IdentityCheck[]
  readonly operations: readonly OperationCheck[]
  /** Reading operations that answered somebody, of how many. */
  readonly reached: number
  readonly reading: number
  /** Operations that write, or need what is made first: an attack would send them, the check does not. */
  readonly writing: number
}

export interface IdentityCheck {
  readonly name: string
  /** `unknown` where nothing asks for a credential, so that nothing tells. */
  readonly works: 'yes' | 'no' | 'unknown'
  readonly why: string
  /** The next line to write; null where nothing is missing. */
  readonly next: string | null
}

export interface OperationCheck {
  readonly id: string
  readonly state: 'reached' | 'not-reached' | 'would-be-tried' | 'left-out'
  /** Name of the identity that asked. */
  readonly as: string | null
  readonly why: string
  readonly next: string | null
}

/** Tries each identity and each reading operation once. Nothing is made or changed; sign-ins are sent. */
export async function checkPlan(plan: Plan, run: Run): Promise<PlanCheck> {
  const world = run.world.withoutMaking()
  const identities = await checkIdentities(plan, run)
  const working = new Set(identities.filter(({ works }) => works !== 'no').map(({ name }) => name))
  const operations: OperationCheck[] = []
  for (const operation of plan.operations)
    operations.push(withoutSecrets(await checkOperation(operation, run, world, working), run))
  const count = (state: OperationCheck['state']) => operations.filter((each) => each.state === state).length
  return {
    identities,
    operations,
    reached: count('reached'),
    reading: count('reached') + count('not-reached'),
    writing: count('would-be-tried'),
  }
}

/**
 * Tries each identity that is not to spare. Nothing is made or changed; sign-ins are sent.
 * @param isTried - Leaves out identities that it says no to.
 */
export async function checkIdentities(
  plan: Plan,
  run: Run,
  isTried: (identity: Identity) => boolean = () => true,
): Promise<readonly IdentityCheck[]> {
  const world = run.world.withoutMaking()
  const checks: IdentityCheck[] = []
  for (const identity of run.identities.filter(isTried))
    checks.push(withoutSecrets(await checkIdentity(identity, plan, run, world), run))
  return checks
}

/** A refusal may repeat the credential that it refuses. */
const withoutSecrets = <T extends { readonly why: string }>(check: T, run: Run): T => ({
  ...check,
  why: run.hide(check.why),
})

async function checkIdentity(identity: Identity, plan: Plan, run: Run, world: World): Promise<IdentityCheck> {
  const { name } = identity
  const session = await attempt(() => identity.session())
  if (typeof session === 'string')
    return { name, works: 'no', why: session, next: `check the credential of ${name} under identities` }
  const expired = session.expiresAt !== null && session.expiresAt <= run.engine.target.now()
  if (expired)
    return {
      name,
      works: 'no',
      why: `its token expired at ${new Date(session.expiresAt ?? 0).toISOString()}`,
      next: `give ${name} a new token, or let it sign in: username and password`,
    }
  const probe = signedInRead(plan, identity)
  if (probe === null)
    return { name, works: 'unknown', why: 'no operation without an id tells whether it works', next: null }
  const answers = await attempt(async () => {
    const draft = await world.draft(probe, identity)
    return {
      own: await run.engine.send(draft, session, `check of ${name}`),
      nobody: await run.engine.send(draft, NOBODY, `check of ${name}: the same as nobody`),
    }
  })
  if (typeof answers === 'string') return { name, works: 'unknown', why: answers, next: null }
  const { own, nobody } = answers
  if (succeeded(own) && !succeeded(nobody))
    return { name, works: 'yes', why: `${probe.id} answers ${own.status}`, next: null }
  if (succeeded(own)) return { name, works: 'unknown', why: `${probe.id} answers nobody as well`, next: null }
  const [why, next] = refusalOf(own, identity, session, probe)
  // Who may not do this may still be somebody: an API key that asks who it is.
  return { name, works: own.status === 401 ? 'no' : 'unknown', why, next }
}

/** An operation that tells whether a credential is taken: best who-am-I, else a list. */
function signedInRead(plan: Plan, { plan: { kind } }: Identity): Operation | null {
  const asked = plan.operations.filter(
    ({ method, access, leftOut, references, purpose }) =>
      method === 'GET' &&
      !leftOut &&
      purpose !== 'auth' &&
      access !== 'public' &&
      (access !== 'admin' || kind === 'admin') &&
      references.every((each) => each.in !== 'path'),
  )
  const whoAmI = asked.find(({ id }) => id === plan.auth.whoAmI)
  return whoAmI ?? asked.find(({ purpose }) => purpose === 'list') ?? asked[0] ?? null
}

function refusalOf(
  answer: Answer,
  identity: Identity,
  session: Session,
  operation: Operation,
): [string, string | null] {
  const { name, place, source } = identity.plan
  const shown = session.token === null ? 'ready headers' : redacted(session.token)
  const where =
    source.kind === 'headers'
      ? ''
      : ` in ${place.in} ${place.name}${place.prefix === '' ? '' : ` after "${place.prefix.trim()}"`}`
  if (answer.status === 401)
    return [
      `${operation.id} answers 401 to ${shown}${where}${reasonOf(answer)}`,
      `check that the token of ${name} is current, or say where it goes: place: { header: X-Api-Key }`,
    ]
  if (answer.status === 403)
    return [
      `${operation.id} answers 403${reasonOf(answer)}`,
      `if ${operation.id} is for admins, write operations: { ${operation.id}: { access: admin } }`,
    ]
  return [
    `${operation.id} answers ${answer.status === 0 ? `nothing: ${answer.failure}` : `${answer.status}${reasonOf(answer)}`}`,
    null,
  ]
}

/** Enough to know it by, never enough to use it. */
function redacted(token: string): string {
  const most = Math.min(4, Math.floor(token.length / 4))
  return `${token.slice(0, most)}… (${token.length} characters)`
}

async function checkOperation(
  operation: Operation,
  run: Run,
  world: World,
  working: ReadonlySet<string>,
): Promise<OperationCheck> {
  const { id, access, leftOut, method } = operation
  if (leftOut) return { id, state: 'left-out', as: null, why: 'turnpike.yaml leaves it out', next: null }
  if (method !== 'GET' && method !== 'HEAD')
    return { id, state: 'would-be-tried', as: null, why: 'it may write, so the check does not send it', next: null }
  const identity = bestIdentity(run, access, working)
  if (identity === null)
    return {
      id,
      state: 'not-reached',
      as: null,
      why: access === 'admin' ? 'it is for admins, and no admin works' : 'nobody works who could call it',
      next: access === 'admin' ? 'add identities: { admin: { … } }' : 'add identities: { alice: { … } }',
    }
  const answer = await attempt(async () =>
    run.engine.send(await world.draft(operation, identity), await identity.session(), `check of ${id}`),
  )
  const as = identity.name
  if (typeof answer === 'string') {
    const maker = makerFor(operation, run)
    if (maker !== null)
      return { id, state: 'would-be-tried', as, why: `its object is made first, by ${maker}`, next: null }
    return { id, state: 'not-reached', as, ...split(answer) }
  }
  if (succeeded(answer)) return { id, state: 'reached', as, why: `answers ${answer.status}`, next: null }
  return {
    id,
    state: 'not-reached',
    as,
    why: `answers ${answer.status === 0 ? `nothing: ${answer.failure}` : `${answer.status}${reasonOf(answer)}`}`,
    next: nextFor(answer.status, operation),
  }
}

function bestIdentity(run: Run, access: Operation['access'], working: ReadonlySet<string>): Identity | null {
  const able = run.identities.filter(({ name }) => working.has(name))
  const admin = able.find(({ plan }) => plan.kind === 'admin') ?? null
  if (access === 'admin') return admin
  return able.find(({ plan }) => plan.kind === 'user') ?? admin ?? able[0] ?? null
}

function nextFor(status: number, { id, references, path }: Operation): string | null {
  const inPath = references.findLast((each) => each.in === 'path')
  if (status === 404 && inPath) return `resources: { ${inPath.resource}: { ids: { alice: [ … ] } } }`
  if (status === 403) return `operations: { ${id}: { access: admin } }, or leaveOut: true`
  if (status === 400 || status === 422)
    return path.includes('{') || references.length > 0
      ? `operations: { ${id}: { params: { … } } }`
      : `operations: { ${id}: { leaveOut: true } }`
  return status === 404 ? `operations: { ${id}: { leaveOut: true } }, where it does not exist any more` : null
}

/** The operation that makes what this one needs; null where it is not the last thing that is missing. */
function makerFor({ references }: Operation, run: Run): string | null {
  const needed = references
    .filter((each) => each.in === 'path')
    .map(({ resource }) => run.plan.resources.find(({ name }) => name === resource))
  const makers = needed.map((resource) => run.world.operation(resource?.create ?? null)?.id ?? null)
  return makers.every((maker) => maker !== null) ? (makers.at(-1) ?? null) : null
}

/** Messages of the set-up end with the line to write. */
function split(message: string): { readonly why: string; readonly next: string | null } {
  const at = message.lastIndexOf('; add ')
  return at === -1
    ? { why: message, next: null }
    : { why: message.slice(0, at), next: message.slice(at + 6).replace(/^one: /, '') }
}

/** What was had, or why it could not be. */
async function attempt<T>(work: () => Promise<T>): Promise<Exclude<T, string> | string> {
  try {
    return (await work()) as Exclude<T, string>
  } catch (error) {
    if (error instanceof NotTested || error instanceof Inconclusive) return error.message
    throw error
  }
}

export interface CheckFormat {
  readonly paint?: (kind: Severity | 'held' | 'dim' | 'title', text: string) => string
}

/** The check as text for a terminal: identities, how much is reached, and the next line for what is not. */
export function formatCheck(check: PlanCheck, { paint = (_kind, text) => text }: CheckFormat = {}): string {
  const mark = { yes: paint('held', '✓'), no: paint('error', '✗'), unknown: paint('warning', '?') }
  const next = (line: string | null) => (line === null ? [] : [`    ${paint('dim', 'write')} ${visible(line)}`])
  const missing = check.operations.filter(({ state }) => state === 'not-reached')
  return `${[
    paint('title', 'Identities'),
    ...(check.identities.length === 0 ? ['  none; add identities: { alice: { … }, bob: { … } }'] : []),
    ...check.identities.flatMap((each) => [
      `  ${mark[each.works]} ${visible(`${each.name}: ${each.why}`)}`,
      ...next(each.next),
    ]),
    '',
    paint(
      'title',
      `${check.reached} of ${check.reading} reading operations reached; ${check.writing} would be tried that write or need what is made first`,
    ),
    ...missing.flatMap((each) => [
      `  ${mark.no} ${visible(`${each.id}${each.as === null ? '' : ` as ${each.as}`}: ${each.why}`)}`,
      ...next(each.next),
    ]),
  ].join('\n')}\n`
}
