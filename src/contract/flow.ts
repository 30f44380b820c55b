import type { Access } from './access.ts'
import type { AnyEndpoint } from './endpoint.ts'
import { parseRate, type Rate } from './limit.ts'

/** Marks a sensitive business flow (OWASP API6). */
export interface FlowConfig {
  /** Succeeds once for each object of the path (or once for each principal where there is none). */
  readonly once?: true
  /** Durable quota for each principal. */
  readonly perPrincipal?: Rate
  /** A stronger or fresher sign-in that this step needs. */
  readonly stepUp?: Access
  /** The step that the same principal must have completed before, on the same object if both name one. */
  readonly after?: AnyEndpoint
  /** The shortest time a person needs between that step and this one, in seconds (ASVS 2.4.2). */
  readonly minimumSeconds?: number
}

export interface Flow {
  readonly once: boolean
  readonly perPrincipal: { readonly count: number; readonly windowSeconds: number } | null
  readonly stepUp: Access | null
  readonly after: string | null
  readonly minimumSeconds: number
}

/** @throws {RangeError} On a minimum interval without a step before it. */
export function parseFlow(config: FlowConfig): Flow {
  if (config.minimumSeconds !== undefined && !config.after) throw new RangeError('flow.minimumSeconds needs flow.after')
  return Object.freeze({
    once: config.once ?? false,
    perPrincipal: config.perPrincipal === undefined ? null : parseRate(config.perPrincipal),
    stepUp: config.stepUp ?? null,
    after: config.after?.id ?? null,
    minimumSeconds: config.minimumSeconds ?? 0,
  })
}
