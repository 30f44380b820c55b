import { type Change, changes } from './change.ts'
import type { ComparedOperation } from './compared-operation.ts'
import { ruleText } from './rule-text.ts'

/** `x-turnpike` that came or went, with everything that it states. */
export function contractPresence({ place, before, after }: ComparedOperation): readonly Change[] {
  if (Boolean(before.contract) === Boolean(after.contract)) return []
  const facts = (contract: typeof before.contract) => contract && `${ruleText(contract.access)}, ${contract.limit.rate}`
  return changes(after.contract ? 'narrower' : 'wider', {
    kind: 'contract',
    place,
    subject: 'x-turnpike',
    before: facts(before.contract),
    after: facts(after.contract),
  })
}
