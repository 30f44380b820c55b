/** A value that is there already, or will be. */
export type Eventually<T> = T | Promise<T>

/**
 * Goes on with a value: at once when it is there, and only else after a promise. Steps that ask nobody stay synchronous by it; on the way of
 * every request each promise costs more than most checks.
 */
export function after<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return isThenable(value) ? Promise.resolve(value).then(next) : next(value)
}

/** Promises and what else `await` waits for: query builders are thenables too. */
function isThenable<T>(value: Eventually<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
