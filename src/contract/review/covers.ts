import type { AccessData } from '../access.ts'

type Leaf = Exclude<AccessData, { kind: 'any' | 'all' }>

/** Whether every way to pass the rule goes through a leaf that satisfies the test. */
export function everyWay(rule: AccessData, test: (leaf: Leaf) => boolean): boolean {
  if (rule.kind === 'any') return rule.of.length > 0 && rule.of.every((each) => everyWay(each, test))
  if (rule.kind === 'all') return rule.of.some((each) => everyWay(each, test))
  return test(rule)
}

/** Whether nobody passes without the object, or an authority over all objects (a role, a rule in code). A scope is none: it narrows what a credential may do for its subject. */
export const holdsObject = (rule: AccessData, object: string): boolean =>
  everyWay(rule, (leaf) => {
    if (leaf.kind === 'owns' || leaf.kind === 'related' || leaf.kind === 'reads') return leaf.object === object
    return isAuthority(leaf)
  })

/** Whether nobody passes without a role or a rule in code. */
export const needsAuthority = (rule: AccessData): boolean => everyWay(rule, isAuthority)

const isAuthority = (leaf: Leaf): boolean => leaf.kind === 'role' || leaf.kind === 'rule'
