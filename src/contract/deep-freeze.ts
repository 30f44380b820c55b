/**
 * Freezes data and all that it holds, so that nothing in a running product can widen a rule. Schemas are left to their library, and an instant
 * cannot be frozen.
 */
export function deepFreeze<T extends object>(data: T, seen = new WeakSet<object>()): Readonly<T> {
  if (seen.has(data) || data instanceof Date || '~standard' in data) return data
  seen.add(data)
  for (const member of Object.values(data)) if (typeof member === 'object' && member !== null) deepFreeze(member, seen)
  return Object.freeze(data)
}
