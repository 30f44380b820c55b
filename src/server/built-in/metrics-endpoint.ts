import { scope } from '../../contract/access.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { stream } from '../../contract/reply.ts'

const METRICS_SCOPE = 'metrics:read'

/** Metrics for Prometheus. Never public: they tell what the API is used for (ASVS 13.4.5). Give the scraper an API key with the scope. */
export function metricsEndpoint(text: () => Promise<string>): Endpoint {
  return endpoint('GET /metrics', {
    summary: 'Metrics of this process, for Prometheus',
    tags: ['server'],
    access: scope(METRICS_SCOPE),
    clients: METRICS_SCOPE,
    limit: '120/minute',
    reply: stream('text/plain; version=0.0.4; charset=utf-8', 'counts and times by endpoint, of nobody in particular'),
    handle: () => text(),
  })
}
