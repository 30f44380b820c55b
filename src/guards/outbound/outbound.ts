import { Client, type Dispatcher } from 'undici'
import { Refusal } from '../../base/refusal.ts'
import type { OutboundAnswer, OutboundCall } from '../../contract/context.ts'
import type { AnySchema } from '../../contract/schema.ts'
import { withDeadline } from './deadline.ts'
import { OUTBOUND_CHECKS, type OutboundChecks } from './outbound-checks.ts'
import { firstHop, nextHop, type OutboundHop } from './outbound-hop.ts'
import type { OutboundPolicy } from './outbound-policy.ts'
import { validatedAnswer } from './validated-answer.ts'
import { type Lookup, systemAddresses } from './vetted-addresses.ts'

export interface OutboundRequest<S extends AnySchema> extends OutboundCall<S> {
  /** Ends the call. A `Refusal` as its reason is what the caller gets. */
  readonly signal?: AbortSignal
}

export type OutboundFetch = <S extends AnySchema>(
  url: string,
  request: OutboundRequest<S>,
) => Promise<OutboundAnswer<S>>

export interface Outbound {
  /**
   * Calls a declared host or a public address, and gives back what the schema lets through.
   * @throws {Refusal} `outbound_denied` (422: may not be called or does not resolve, indistinguishably), `upstream_failed` (502),
   * `unavailable` (503: too many calls at once, or closing). The reasons are private.
   */
  readonly fetch: OutboundFetch
  /** Takes no more calls and waits for those that run; each is bounded by `timeoutMs`. */
  close(): Promise<void>
}

export interface OutboundDependencies {
  /** DNS; the system's by default. */
  readonly lookup?: Lookup
  /** Ends every call. */
  readonly signal?: AbortSignal
  /** PEM certificates to trust instead of Node's, for upstreams with an authority of their own. */
  readonly certificateAuthorities?: readonly string[]
}

interface Surroundings extends OutboundDependencies {
  readonly policy: OutboundPolicy
  readonly checks: OutboundChecks
  readonly lookup: Lookup
  readonly signal: AbortSignal
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const MAX_ANSWER_HEADER_BYTES = 16_384

/**
 * The outbound guard (OWASP API7 and API10; ASVS 13.2.x): the only way from a handler to another server.
 * One call is one connection to one vetted address. No pool, so no connection outlives the check that allowed it; no proxy from the environment.
 * @param checks - For tests and the drill alone: a guard with checks taken away.
 */
export function createOutbound(
  policy: OutboundPolicy,
  dependencies: OutboundDependencies = {},
  checks: OutboundChecks = OUTBOUND_CHECKS,
): Outbound {
  const running = new Set<Promise<unknown>>()
  let closing = false
  return {
    async fetch(url, request) {
      if (closing || running.size >= policy.maxConcurrent) throw unavailable(closing, policy)
      const call = withDeadline(policy.timeoutMs, [dependencies.signal, request.signal], (signal) =>
        follow(url, request, {
          ...dependencies,
          lookup: dependencies.lookup ?? systemAddresses,
          policy,
          checks,
          signal,
        }),
      )
      running.add(call)
      try {
        return await call
      } finally {
        running.delete(call)
      }
    },
    async close() {
      closing = true
      await Promise.allSettled(running)
    },
  }
}

async function follow<S extends AnySchema>(
  url: string,
  call: OutboundCall<S>,
  around: Surroundings,
): Promise<OutboundAnswer<S>> {
  let hop = firstHop(url, call, around.policy, around.checks.target)
  for (let redirects = 0; ; redirects++) {
    const answer = await exchange(hop, call.reply, around)
    if (!('location' in answer)) return answer
    if (redirects >= around.policy.maxRedirects) throw failed(`more than ${around.policy.maxRedirects} redirects`)
    hop = nextHop(hop, answer.status, answer.location, around.policy, around.checks.target)
  }
}

async function exchange<S extends AnySchema>(
  hop: OutboundHop,
  reply: S | 'discard',
  around: Surroundings,
): Promise<OutboundAnswer<S> | { status: number; location: string }> {
  const { policy, checks, signal } = around
  signal.throwIfAborted()
  const addresses = await checks.addresses(hop.target, {
    lookup: around.lookup,
    loopback: policy.dangerouslyAllowLoopback,
    signal,
  })
  const client = new Client(hop.target.origin, {
    connect: checks.connect(hop.target, addresses, {
      timeoutMs: policy.timeoutMs,
      signal,
      certificateAuthorities: around.certificateAuthorities,
    }),
    maxHeaderSize: MAX_ANSWER_HEADER_BYTES,
    headersTimeout: policy.timeoutMs,
    bodyTimeout: policy.timeoutMs,
  })
  try {
    const response = await client.request(toRequest(hop, policy, signal))
    // The body of an answer that is not read ends with the connection; that is no failure.
    response.body.on('error', () => {})
    if (REDIRECTS.has(response.statusCode)) return { status: response.statusCode, location: readLocation(response) }
    return await validatedAnswer(response, reply, { policy, checks, signal })
  } catch (error) {
    throw signal.aborted ? signal.reason : error instanceof Refusal ? error : failed(describe(error), error)
  } finally {
    client.destroy().catch(() => {})
  }
}

function toRequest(hop: OutboundHop, policy: OutboundPolicy, signal: AbortSignal): Dispatcher.RequestOptions {
  const headers = {
    accept: policy.mediaTypes.join(', '),
    ...Object.fromEntries(hop.headers),
    'accept-encoding': 'identity',
  }
  return { method: hop.method, path: hop.target.path, headers, body: hop.body, signal }
}

function readLocation(response: Dispatcher.ResponseData): string {
  const location = response.headers.location
  if (typeof location !== 'string') throw failed('a redirect without one location')
  return location
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown failure'
}

function failed(detail: string, cause?: unknown): Refusal {
  return new Refusal('upstream_failed', { detail, cause })
}

function unavailable(closing: boolean, policy: OutboundPolicy): Refusal {
  const detail = closing ? 'outbound calls are closing' : `${policy.maxConcurrent} outbound calls are running`
  return new Refusal('unavailable', { detail, headers: { 'retry-after': '1' } })
}
