import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Metrics } from '../gate.ts'

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Metrics of one server, for Prometheus. Labels have few values, whatever is asked for: endpoints, status classes, codes. */
export interface ServerMetrics {
  readonly requests: Metrics
  countRefusal(code: string): void
  countShed(): void
  text(): Promise<string>
  close(): void
}

export function createMetrics(): ServerMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'turnpike_request_duration_seconds',
    help: 'Time from the first step to the answer, by endpoint and status class.',
    labelNames: ['endpoint', 'status'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'turnpike_refusals_total',
    help: 'Refused requests by code.',
    labelNames: ['code'],
    registers: [registry],
  })
  const shed = new Counter({
    name: 'turnpike_shed_total',
    help: 'Requests turned away because of overload.',
    registers: [registry],
  })
  const series = new Map<string, { observe(seconds: number): void }>()
  return {
    requests: {
      observe(endpoint, status, seconds) {
        const key = `${Math.floor(status / 100)}xx ${endpoint}`
        let one = series.get(key)
        if (!one) {
          one = duration.labels({ endpoint, status: key.slice(0, 3) })
          series.set(key, one)
        }
        one.observe(seconds)
      },
    },
    countRefusal: (code) => refusals.inc({ code }),
    countShed: () => shed.inc(),
    text: () => registry.metrics(),
    close: () => registry.clear(),
  }
}
