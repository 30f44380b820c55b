import { type Change, changes, type Place } from './change.ts'

/** Media types of a request's body: each brings its parser. */
export function bodyTypeChanges(place: Place, before: readonly string[], after: readonly string[]): readonly Change[] {
  // A body that is new, or gone, is told as input.
  if (before.length === 0 || after.length === 0) return []
  return [
    ...after
      .filter((type) => !before.includes(type))
      .flatMap((type) => changes('wider', { kind: 'body-type', place, subject: type, before: null, after: type })),
    ...before
      .filter((type) => !after.includes(type))
      .flatMap((type) => changes('narrower', { kind: 'body-type', place, subject: type, before: type, after: null })),
  ]
}
