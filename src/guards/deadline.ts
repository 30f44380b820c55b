import type { Eventually } from '../base/eventually.ts'
import { Refusal } from '../base/refusal.ts'

/** Calls at the same time, for each endpoint, in this process (OWASP API4). */
export class Concurrency {
  readonly #running = new Map<string, number>()

  /** @throws {Refusal} 503 with Retry-After when the endpoint has no free place. */
  enter(endpointId: string, limit: number): void {
    const running = this.#running.get(endpointId) ?? 0
    if (running >= limit)
      throw new Refusal('unavailable', {
        detail: `${running} calls of ${endpointId} are running`,
        headers: { 'retry-after': '1' },
      })
    this.#running.set(endpointId, running + 1)
  }

  leave(endpointId: string): void {
    this.#running.set(endpointId, (this.#running.get(endpointId) ?? 1) - 1)
  }
}

/** A signal made only when somebody asks for it: most handlers never do. */
export class RequestSignal {
  #controller: AbortController | null = null
  #reason: Refusal | null = null

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get aborted(): boolean {
    return this.#reason !== null
  }

  abort(reason: Refusal): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/**
 * Step 11: runs a handler until its deadline. The handler's signal is aborted then, and its unit of work rolls back.
 * @throws {Refusal} `deadline_exceeded`.
 */
export function withDeadline<T>(milliseconds: number, signal: RequestSignal, work: () => Eventually<T>): Eventually<T> {
  const running = work()
  return running instanceof Promise ? raceDeadline(milliseconds, signal, running) : running
}

async function raceDeadline<T>(milliseconds: number, signal: RequestSignal, running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const refusal = new Refusal('deadline_exceeded', {
        detail: `${milliseconds} ms`,
        headers: { 'retry-after': '1' },
      })
      signal.abort(refusal)
      reject(refusal)
    }, milliseconds)
  })
  try {
    return await Promise.race([running, late])
  } finally {
    clearTimeout(timer)
  }
}
