import type { Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity, Session } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Baseline, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive, NotTested } from '../../verdict.ts'
import { type SignedInCase, signedInReads } from '../signed-in.ts'
import { type Jwt, parseJwt } from './jwt.ts'

/** A captured token, and an operation that takes it and refuses garbage. */
export interface TokenTarget {
  readonly operation: Operation
  readonly identity: Identity
  readonly token: string
  readonly baseline: Baseline
  /** Whoever shows another token in the same places, with everything else as it was. */
  showing(token: string): Sender
  /** Whether the answer gives what the owner is given and garbage is not (rules b, e, g). */
  accepts(answer: Answer): boolean
}

export interface JwtTarget extends TokenTarget {
  readonly jwt: Jwt
}

/** Operations that are looked at until one is of use. */
const CANDIDATES = 3
/** Requests that `tokenTarget` sends at most: four on an operation, kept for the run. */
export const TARGET_REQUESTS = 4 * CANDIDATES

/**
 * Reading operations on which a token is tried, those first that need no object.
 * @param most - One is enough where the fault would be the whole API's.
 */
export function tokenCases(plan: Plan, most = 1): readonly (SignedInCase | Untested)[] {
  const reads = signedInReads(plan)
  if (reads.length === 0)
    return [
      { operation: null, untested: 'no reading operation for signed-in callers is known, or there is no identity' },
    ]
  const rank = ({ operation }: SignedInCase) =>
    operation.id === plan.auth.whoAmI ? 0 : operation.access === 'admin' ? 3 : operation.path.includes('{') ? 2 : 1
  return [...reads].sort((one, other) => rank(one) - rank(other)).slice(0, most)
}

/**
 * The operation of a case with the token of somebody; where it answers anyone, or refuses its owner, the next one that is of use.
 * @param candidates - 1: this operation or none, for attacks that have a case for each.
 * @throws {NotTested} Where the operation answers anyone. @throws {Inconclusive} Where the owner is refused too.
 */
export async function tokenTarget(
  operation: Operation,
  identity: Identity,
  probe: Probe,
  candidates = CANDIDATES,
): Promise<TokenTarget> {
  const others = tokenCases(probe.plan, Number.POSITIVE_INFINITY).flatMap((it) =>
    'owner' in it && it.owner === identity.name && it.operation !== operation ? [it.operation] : [],
  )
  let first: unknown
  for (const candidate of [operation, ...others].slice(0, candidates)) {
    try {
      return await targetOf(candidate, identity, probe)
    } catch (error) {
      if (!(error instanceof NotTested || error instanceof Inconclusive)) throw error
      first ??= error
    }
  }
  throw first
}

async function targetOf(operation: Operation, identity: Identity, probe: Probe): Promise<TokenTarget> {
  const session = await identity.session()
  const shown = tokenIn(session)
  if (shown === null) throw new NotTested(`no token is found in what ${identity.name} sends; give it as a token`)
  const thing =
    operation.purpose === 'read' && operation.resource !== null
      ? await probe.object(operation.resource, identity)
      : null
  const baseline = await probe.baseline(operation, identity, thing)
  if (baseline.isOpen) throw new NotTested(`${operation.id} answers anyone, so a forged token says nothing`)
  return {
    operation,
    identity,
    token: shown,
    baseline,
    showing: (other) => showing(session, shown, other),
    accepts: (answer) => takes(answer, baseline, probe),
  }
}

/** Where nobody and garbage are refused, success is enough: a list may have changed since its owner's read. */
function takes(answer: Answer, { control, nobody, garbage }: Baseline, probe: Probe): boolean {
  if (!succeeded(nobody) && !succeeded(garbage)) return succeeded(answer)
  return probe.shows(answer, control, nobody, garbage)
}

/** @throws {NotTested} Where nobody's token is a JWT. @throws {Inconclusive} As `tokenTarget`. */
export async function jwtTarget(
  operation: Operation,
  owner: string | undefined,
  probe: Probe,
  candidates = CANDIDATES,
): Promise<JwtTarget> {
  const first = probe.identity(owner)
  for (const identity of [first, ...probe.run.identities.filter((each) => each !== first)]) {
    const jwt = await jwtOf(identity, identity === first)
    if (jwt !== null) return { ...(await tokenTarget(operation, identity, probe, candidates)), jwt }
  }
  throw new NotTested(`the token of ${first.name} is no signed JWT, and neither is anybody's`)
}

async function jwtOf(identity: Identity, isFirst: boolean): Promise<Jwt | null> {
  try {
    return parseJwt(tokenIn(await identity.session()) ?? '')
  } catch (error) {
    // That somebody else cannot sign in is no reason to stop.
    if (isFirst || !(error instanceof NotTested)) throw error
    return null
  }
}

const JWT_TEXT = /eyJ[\w-]+\.[\w-]+\.[\w-]+/

/** The credential of a session; of ready headers, the JWT in them. */
export function tokenIn({ token, headers }: Session): string | null {
  return token ?? headers.map(([, value]) => JWT_TEXT.exec(value)?.[0]).find((found) => found !== undefined) ?? null
}

/** The session's own headers and query with another token in place of its own: CSRF headers and other cookies stay. */
export function showing(session: Sender, token: string, other: string): Sender {
  const replaced = (pairs: Sender['headers']) =>
    pairs.map(([name, value]) => [name, value.split(token).join(other)] as const)
  return { name: 'forged', headers: replaced(session.headers), query: replaced(session.query) }
}
