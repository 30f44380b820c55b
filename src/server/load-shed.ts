import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Logger } from '../gate.ts'
import { strictNumbers } from './strict-numbers.ts'

/** When new requests are turned away at once, so that those under way are still answered (OWASP API4). */
export interface LoadShedOptions {
  /** Mean delay of the event loop over half a second. Default 1,000. */
  readonly maxEventLoopDelayMilliseconds?: number
  /** Default nine tenths of what V8 allows. */
  readonly maxHeapBytes?: number
  /** Requests that are being answered at the same time. Default 2,000. */
  readonly maxOpenRequests?: number
  /** What `Retry-After` says. Default 5. */
  readonly retryAfterSeconds?: number
}
export type LoadShedSettings = Readonly<Required<LoadShedOptions>>

export interface LoadShed {
  /** Why a new request is turned away now; null when it is not. */
  reason(openRequests: number): string | null
  /** Notes a request that was turned away; the log gets a line every ten seconds at most. */
  count(reason: string): void
  readonly retryAfterSeconds: number
  close(): void
}

/** What the process feels. */
export interface Load {
  readonly eventLoopDelayMilliseconds: number
  readonly heapBytes: number
}
export interface LoadProbe {
  /** Over the time since the last call. */
  sample(): Load
  close(): void
}

const SAMPLE_MILLISECONDS = 500
const LOG_MILLISECONDS = 10_000
const RESOLUTION_MILLISECONDS = 20

/** @param faults - Gets a line for each unknown key and each value out of range. */
export function parseLoadShed(given: LoadShedOptions, faults: string[]): LoadShedSettings {
  const heapLimit = getHeapStatistics().heap_size_limit
  const ranges = {
    maxEventLoopDelayMilliseconds: { default: 1000, min: 10, max: 60_000 },
    maxHeapBytes: { default: Math.floor(heapLimit * 0.9), min: 16_000_000, max: Number.MAX_SAFE_INTEGER },
    maxOpenRequests: { default: 2000, min: 1, max: 1_000_000 },
    retryAfterSeconds: { default: 5, min: 1, max: 3600 },
  }
  return strictNumbers('loadShed', given, ranges, faults)
}

export function createLoadShed(
  settings: LoadShedSettings,
  log: Logger,
  onShed: () => void = () => {},
  probe: LoadProbe = systemProbe(),
): LoadShed {
  let load: Load = { eventLoopDelayMilliseconds: 0, heapBytes: 0 }
  let turnedAway = 0
  let lastReason = ''
  let lastLineAt = Number.NEGATIVE_INFINITY
  const say = () => {
    if (turnedAway === 0 || performance.now() - lastLineAt < LOG_MILLISECONDS) return
    log.warn({ turnedAway, reason: lastReason }, 'overloaded: requests are turned away')
    lastLineAt = performance.now()
    turnedAway = 0
  }
  const timer = setInterval(() => {
    load = probe.sample()
    say()
  }, SAMPLE_MILLISECONDS).unref()
  return {
    reason(openRequests) {
      if (openRequests > settings.maxOpenRequests) return `more than ${settings.maxOpenRequests} requests are open`
      if (load.eventLoopDelayMilliseconds > settings.maxEventLoopDelayMilliseconds)
        return `the event loop is ${Math.round(load.eventLoopDelayMilliseconds)} ms late`
      if (load.heapBytes > settings.maxHeapBytes) return `the heap holds ${load.heapBytes} bytes`
      return null
    },
    count(reason) {
      turnedAway += 1
      lastReason = reason
      onShed()
      say()
    },
    retryAfterSeconds: settings.retryAfterSeconds,
    close() {
      clearInterval(timer)
      probe.close()
    },
  }
}

function systemProbe(): LoadProbe {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS })
  histogram.enable()
  return {
    sample() {
      // Without a sample the mean is NaN. A timer that is on time reports its own interval.
      const mean = histogram.count === 0 ? 0 : histogram.mean / 1e6
      histogram.reset()
      return {
        eventLoopDelayMilliseconds: Math.max(0, mean - RESOLUTION_MILLISECONDS),
        heapBytes: process.memoryUsage().heapUsed,
      }
    },
    close: () => void histogram.disable(),
  }
}
