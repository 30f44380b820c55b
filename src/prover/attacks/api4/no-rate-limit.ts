import type { Attack, Case } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { type AttackSeverity, fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { borrowed } from '../borrowed.ts'
import { callerOf, focusOf } from '../focus.ts'
import { type Burst, burst, type DeclaredRate, declaredRate, saidRate, toldRate } from './limits.ts'

/** More than that is not sent to see a limit. */
const MOST_COUNTED = 120
const UNDECLARED = 60

export const noRateLimit: Attack = {
  id: 'no-rate-limit',
  number: 66,
  risk: 'API4',
  severity: 'medium',
  cwe: 770,
  title: 'No limit is met within the declared number of requests',
  references: ['OWASP API4:2023', 'RFC 6585 section 4', 'ASVS 5.0 2.4.1'],
  maxRequests: 160,
  oracle: `A quarter more requests than are declared, or ${UNDECLARED} where nothing is declared, are all let through.`,
  fix: 'Count requests by caller (by address where there is none) and answer 429 with Retry-After when a budget is spent.',
  phase: 'exhausting',
  cases,
  async run({ operation }: Case, probe) {
    if (!operation) return pass()
    const send = await sender(operation, probe)
    const started = probe.now()
    const first = await burst(1, send)
    if (first.limited) return pass('the first request was limited already', first.last)
    if ([404, 405].includes(first.first.status) && operation.purpose !== 'delete')
      throw new Inconclusive(`${operation.id} is answered ${first.first.status}`, first.first)
    const said = saidRate(operation)
    const declared = declaredRate(operation) ?? said ?? toldRate(first.first)
    if (declared !== null && declared.count > MOST_COUNTED)
      throw new NotTested(`its limit of ${declared.count} requests is more than the ${MOST_COUNTED} that are tried`)
    const most = declared === null ? UNDECLARED : Math.ceil(declared.count * 1.25) + 5
    const met = await burst(most - 1, send)
    if (met.limited) return pass(`request ${met.sent + 1} was limited`, met.limited)
    if (met.last.status === 401 && first.first.status !== 401)
      throw new Inconclusive(`the credential did not last for ${most} requests`, met.last)
    // Words may mean those that are done.
    if (said !== null && !succeeded(met.last))
      throw new Inconclusive(`it is answered ${met.last.status}, and the limit may count what succeeds`, met.last)
    return unlimited(operation, declared, met, most, (probe.now() - started) / 1000)
  },
}

function unlimited(operation: Operation, declared: DeclaredRate | null, met: Burst, sent: number, seconds: number) {
  // What a budget gives back while it is spent is no fault of it.
  const allowed = declared === null ? 0 : declared.count * (1.1 + seconds / declared.windowSeconds)
  if (sent <= allowed)
    throw new Inconclusive(
      `${sent} requests took ${Math.round(seconds)} s, too long to spend the limit; raise --rate`,
      met.last,
    )
  // A sign-in step that is refused each time has done nothing; guessing is tried by attacks of its own.
  const severity: AttackSeverity =
    declared !== null ? 'medium' : operation.purpose === 'auth' && succeeded(met.last) ? 'low' : 'info'
  const promised = declared === null ? '' : `, though ${declared.count} in ${declared.windowSeconds} s are declared`
  return {
    ...fail(`no limit was seen within ${sent} requests on ${operation.id}${promised}`, met.first, met.last),
    severity,
  }
}

/** Repeats one request: of somebody to spare, of an admin where only he may, or of nobody where nobody signs in. */
async function sender(operation: Operation, probe: Probe) {
  const isOpen = operation.access === 'public'
  const [first] = probe.run.identities
  const model = isOpen
    ? first
    : operation.access === 'admin'
      ? probe.identity(callerOf(probe.plan, operation)?.name)
      : await borrowed(probe)
  if (model === undefined) throw new NotTested('needs an identity; add --as alice=…')
  // The same body each time: a registration makes one account at most.
  const draft = await repeatable(operation, model, probe)
  const fresh = () => ({
    ...draft,
    headers: draft.headers.map(([name, value]) => [name, /idempotency/i.test(name) ? probe.nonce() : value] as const),
  })
  return () => probe.send(fresh(), isOpen ? probe.nobody : model, { anyStatus: true, meetsLimits: true })
}

/** What can be sent many times: a deletion names nothing, and what would end the session is refused for its body. */
async function repeatable(operation: Operation, model: Identity, probe: Probe): Promise<BuiltDraft> {
  if (operation.purpose === 'auth' && operation.access !== 'public' && operation.read.body === null)
    return { ...(await probe.draft(operation, model)), body: { tpUnknown: true } }
  if (operation.purpose !== 'delete' || operation.resource === null) return probe.draft(operation, model)
  const known = await probe.object(operation.resource, model)
  const missing = { ...known, id: probe.world.missingId(known.id) }
  return probe.draft(operation, model, { things: [{ ...missing, chain: [...known.chain.slice(0, -1), missing] }] })
}

const EXPENSIVE = /export|search|report|download|statistic|analytic|backup|\.(csv|pdf|zip)$/i

const MOST_SAID = 5

/** Words of a limit that is soon met, where repeating costs no object of anybody. */
function isSaid(operation: Operation): boolean {
  const said = saidRate(operation)
  const isRepeatable = ['GET', 'POST'].includes(operation.method) && operation.purpose !== 'auth'
  return (
    isRepeatable &&
    said !== null &&
    said.count <= UNDECLARED &&
    !operation.references.some(({ in: where, of }) => where === 'path' && of === 'object')
  )
}

function cases(plan: Plan): readonly Case[] {
  const { forgotPassword, resetPassword, register, refresh } = plan.auth
  const wanted = (each: Operation) => !each.leftOut && each.access !== 'admin' && each.purpose !== 'webhook'
  const operations = plan.operations.filter(wanted)
  const isDeclared = (each: Operation) =>
    (declaredRate(each)?.count ?? Number.POSITIVE_INFINITY) <= MOST_COUNTED ||
    (each.extension === null && each.read.responses.some(({ status }) => status === '429'))
  // Guessing a refresh token is hopeless, so a limit there is wanted only where it is declared.
  const signIn = operations.filter(
    (each) => [forgotPassword, resetPassword, register].includes(each.id) || (each.id === refresh && isDeclared(each)),
  )
  const gets = operations.filter(({ method }) => method === 'GET')
  const cheap = gets
    .filter((each) => isDeclared(each) && !each.path.includes('{') && each.access !== 'public')
    .slice(0, 1)
  const expensive = gets.filter(({ path }) => EXPENSIVE.test(path)).slice(0, 2)
  const said = operations.filter(isSaid).slice(0, MOST_SAID)
  const focus = focusOf(plan)
  return [...new Set([...signIn, ...cheap, ...expensive, ...said, ...(focus ? [focus] : [])])].map((operation) => ({
    operation,
  }))
}
