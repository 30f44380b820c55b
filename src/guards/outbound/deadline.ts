import { Refusal } from '../../base/refusal.ts'

/**
 * Runs work under one time limit and the signals of whoever may end it. Slow drips end with it too: it never restarts.
 * @throws {Refusal} Through the signal given to `work`: the refusal a signal was aborted with, otherwise `upstream_failed`.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timeout = setTimeout(() => {
    controller.abort(new Refusal('upstream_failed', { detail: `no whole answer within ${timeoutMs} ms` }))
  }, timeoutMs)
  // Not AbortSignal.any(): a signal that lives as long as the process would collect every call.
  const unlink = signals.map((signal) => signal && link(signal, controller))
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timeout)
    for (const stop of unlink) stop?.()
  }
}

function link(signal: AbortSignal, controller: AbortController): () => void {
  const abort = (): void => {
    const cancelled = new Refusal('upstream_failed', { detail: 'the call was cancelled', cause: signal.reason })
    controller.abort(signal.reason instanceof Refusal ? signal.reason : cancelled)
  }
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  return () => signal.removeEventListener('abort', abort)
}

/** Stops waiting for what cannot be cancelled. */
export function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    Promise.resolve(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}
