import { Refusal } from '../base/refusal.ts'
import type { Endpoint } from '../contract/endpoint.ts'

interface Node {
  readonly literals: Map<string, Node>
  param: Node | null
  readonly endpoints: Map<string, Endpoint>
}

export interface Found {
  readonly endpoint: Endpoint
  /** Decoded path parameters by name. */
  readonly params: Readonly<Record<string, string>>
}

export interface Inventory {
  /** @throws {Refusal} 404 for an unknown path, 405 with Allow for another method. HEAD is GET without a body (RFC 9110 section 9.3.2). */
  find(method: string, segments: readonly string[]): Found
  /** The methods of a path, for a preflight; none when the path is unknown. */
  methodsOf(segments: readonly string[]): readonly string[]
}

/**
 * Step 2: every endpoint of every version, and nothing else (OWASP API9). Segments are compared as they are: no case folding, no trailing
 * slash, no pattern, so that the policy found is the handler that runs. A literal wins over a parameter.
 */
export function createInventory(endpoints: readonly Endpoint[]): Inventory {
  const root = node()
  for (const endpoint of endpoints) {
    let at = root
    for (const segment of endpoint.segments) {
      if ('param' in segment) at = at.param ??= node()
      else {
        const next = at.literals.get(segment.literal) ?? node()
        at.literals.set(segment.literal, next)
        at = next
      }
    }
    at.endpoints.set(endpoint.method, endpoint)
  }
  return {
    find(method, segments) {
      const at = descend(root, segments, 0)
      const endpoint = at?.endpoints.get(method === 'HEAD' ? 'GET' : method)
      if (!at) throw new Refusal('not_found', { detail: 'no endpoint has this path' })
      if (!endpoint) throw new Refusal('method_not_allowed', { headers: { allow: allowed(at).join(', ') } })
      return { endpoint, params: paramsOf(endpoint, segments) }
    },
    methodsOf(segments) {
      const at = descend(root, segments, 0)
      return at ? allowed(at) : []
    },
  }
}

const node = (): Node => ({ literals: new Map(), param: null, endpoints: new Map() })

/** Depth is bounded by the declared paths, not by the request. */
function descend(at: Node, segments: readonly string[], index: number): Node | null {
  const segment = segments[index]
  if (segment === undefined) return at.endpoints.size > 0 ? at : null
  const literal = at.literals.get(segment)
  const found = literal ? descend(literal, segments, index + 1) : null
  return found ?? (at.param ? descend(at.param, segments, index + 1) : null)
}

function allowed(at: Node): string[] {
  const methods = [...at.endpoints.keys()]
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods
}

const NO_PARAMS = Object.freeze({})

function paramsOf(endpoint: Endpoint, segments: readonly string[]): Readonly<Record<string, string>> {
  if (endpoint.params.length === 0) return NO_PARAMS
  const params: Record<string, string> = {}
  endpoint.segments.forEach((segment, index) => {
    if ('param' in segment) params[segment.param] = segments[index] as string
  })
  return params
}
