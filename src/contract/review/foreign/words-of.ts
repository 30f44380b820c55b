import type { ReadOperation } from '../../from-openapi/document.ts'

/** `createPaymentIntent` → create, payment, intent; `x-api-key` → x, api, key. */
export const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** The words of the path that are no parameters, one list for each segment. */
export const segmentsOf = ({ path }: ReadOperation): readonly (readonly string[])[] =>
  (path.split(/[?#]/, 1)[0] ?? '')
    .split('/')
    .filter((segment) => segment !== '' && !segment.includes('{'))
    .map(wordsOf)

/** What the operation does by its name: the last word of its path, and the first of its id. */
export function verbsOf(operation: ReadOperation): readonly string[] {
  const last = segmentsOf(operation).at(-1) ?? []
  return [last[0], wordsOf(operation.operationId ?? '')[0]].filter((word): word is string => word !== undefined)
}
