import type { Api } from '../../contract/api.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { docsEndpoints } from './docs-endpoints.ts'
import { healthEndpoint, type Vitals } from './health.ts'
import { metricsEndpoint } from './metrics-endpoint.ts'
import { fullOpenApi, publicOpenApi } from './open-api.ts'

/**
 * The server's own endpoints: `/health`, `/docs`, OpenAPI and `/metrics`. They walk the same pipeline as all others.
 * Where the contract has the same route, the contract's is served; a literal path wins over a path parameter, as everywhere.
 * @param metrics - Null where the metrics are kept elsewhere.
 */
export function builtInEndpoints(
  api: Api,
  vitals: Vitals,
  metrics: (() => Promise<string>) | null,
): readonly Endpoint[] {
  const taken = new Set(api.endpoints.map(({ id }) => id))
  const free = (endpoints: readonly Endpoint[]) => endpoints.filter(({ id }) => !taken.has(id))
  const first = free([
    healthEndpoint(vitals),
    ...(metrics ? [metricsEndpoint(metrics)] : []),
    ...(api.publicDocs ? [publicOpenApi(api)] : []),
    fullOpenApi(api, () => all),
  ])
  const all: readonly Endpoint[] = [...first, ...free(docsEndpoints(api, first))]
  return all
}
