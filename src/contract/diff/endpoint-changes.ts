import { type Change, changes, neutral, type Place } from './change.ts'
import { isOpen as isOpenSecurity } from './operation-security.ts'
import type { OperationOutline } from './outline.ts'
import { holdsObject, isOpen } from './rewrite-rule.ts'
import { ruleText } from './rule-text.ts'

/**
 * An endpoint that one side does not have. A new one loosens by what it lacks: a rule about who may call, one about the object that its path
 * names, a limit. With all of them it is told and needs nobody's word.
 */
export function endpointChanges(
  place: Place,
  before: OperationOutline | null,
  after: OperationOutline | null,
  isMethod: boolean,
): readonly Change[] {
  const operation = after ?? before
  if (!operation) return []
  const kind = isMethod ? 'method' : 'endpoint'
  const lacks = lacksOf(operation)
  const facts = factsOf(operation)
  const difference = { kind, place, subject: '', before: before && facts, after: after && facts } as const
  const what = `the ${kind} is ${after ? (isMethod ? 'new on a known path' : 'new') : 'gone'}`
  const has = facts === '' ? '' : `: ${facts}`
  if (lacks.length === 0) return neutral({ ...difference, sentence: what + has })
  const without = after ? ` without ${lacks.join(', without ')}` : ''
  const open = lacks.includes(WITHOUT_CREDENTIAL) ? ({ severity: 'critical' } as const) : {}
  return changes(after ? 'wider' : 'narrower', { ...difference, ...open, sentence: what + without + has })
}

const WITHOUT_CREDENTIAL = 'a credential'

function lacksOf({ contract, security, limited }: OperationOutline): readonly string[] {
  if (!contract) return [...(isOpenSecurity(security) ? [WITHOUT_CREDENTIAL] : []), ...(limited ? [] : ['a limit'])]
  const objects = Object.entries(contract.params).filter(([, { resource }]) => resource !== null)
  return [
    ...(isOpen(contract.access) ? [WITHOUT_CREDENTIAL] : []),
    ...objects.filter(([name]) => !holdsObject(contract.access, name)).map(([name]) => `a rule about {${name}}`),
  ]
}

function factsOf({ contract, security }: OperationOutline): string {
  if (contract) return `${ruleText(contract.access)}, ${contract.limit.rate}`
  return isOpenSecurity(security) ? '' : (security ?? []).map((set) => set.join(' and ')).join(' or ')
}
