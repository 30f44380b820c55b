import { unboundedness } from '../bounds.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { inputPlaces, several } from './places-of.ts'

export const foreignUnboundedInput: ForeignRule = {
  id: 'foreign-unbounded-input',
  risk: 'API4',
  asvs: '2.2.1',
  severity: 'warning',
  title: 'Every string, list, record and number of an input has an upper bound',
  *check({ operations }) {
    for (const operation of operations) {
      const found = new Map<string, string[]>()
      for (const { place, node } of inputPlaces(operation)) {
        const what = unboundedness(node)?.what
        if (what !== undefined) found.set(what, [...(found.get(what) ?? []), place])
      }
      if (found.size === 0) continue
      const kinds = [...found.keys()]
      yield {
        operation,
        message: kinds.map((what) => `${what} at ${several(found.get(what) ?? [])}`).join('; '),
        fix: kinds.map((what) => KEYWORDS.find(([kind]) => what.includes(kind))?.[1] ?? 'maxLength: 200').join(', '),
      }
    }
  },
}

const KEYWORDS = [
  ['list', 'maxItems: 100'],
  ['record', 'maxProperties: 50'],
  ['number', 'minimum: 0, maximum: 1000000'],
] as const
