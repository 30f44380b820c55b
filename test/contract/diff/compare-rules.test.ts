import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AccessData } from '../../../src/contract/access.ts'
import { decideEach, decideFunction } from '../../../src/contract/decide.ts'
import { compareRules } from '../../../src/contract/diff/compare-rules.ts'
import { holdsObject, isOpen } from '../../../src/contract/diff/rewrite-rule.ts'
import { toXRule } from '../../../src/contract/openapi/extension.ts'
import type { Principal } from '../../../src/contract/principal.ts'

/** Who may call, with what relations and rules in code answer for him. */
interface Caller {
  readonly principal: Principal
  readonly owns: boolean
  readonly related: boolean
  readonly says: boolean
}

const NOW = 1_000_000_000
const CALLERS: readonly Caller[] = [...callers()]

function* callers(): Generator<Caller> {
  const flags = [false, true]
  for (const says of flags) {
    yield { principal: principal({ kind: 'nobody', id: '' }), owns: false, related: false, says }
    for (const owns of flags)
      for (const related of flags)
        for (const roles of [[], ['admin'], ['billing'], ['admin', 'billing']])
          for (const scopes of [[], ['read']])
            for (const secondsAgo of [null, 100, 1000])
              for (const factors of [0, 1, 2]) {
                const authenticatedAt = secondsAgo === null ? null : new Date(NOW - secondsAgo * 1000)
                yield { principal: principal({ roles, scopes, authenticatedAt, factors }), owns, related, says }
              }
  }
}

function principal(more: Partial<Principal>): Principal {
  return {
    kind: 'user',
    key: 'k',
    issuer: 'i',
    id: 'u',
    tenant: null,
    roles: [],
    scopes: [],
    authenticatedAt: null,
    factors: 0,
    sessionId: null,
    tokenId: null,
    ...more,
  }
}

/** The product's own evaluation: the function first, then the object where the rule needs one. */
function passes(rule: AccessData, { principal: who, owns, related, says }: Caller): boolean {
  if (decideFunction(rule, who, NOW) === 'no') return false
  const verdicts = decideEach(rule, 1, who, NOW, (leaf) => [
    leaf.kind === 'owns' ? owns : leaf.kind === 'related' ? related : says,
  ])
  return (verdicts as readonly boolean[])[0] === true
}

const leaf = fc.constantFrom<AccessData>(
  { kind: 'anyone', why: 'a demo' },
  { kind: 'signedIn' },
  { kind: 'role', role: 'admin' },
  { kind: 'role', role: 'billing' },
  { kind: 'scope', scope: 'read' },
  { kind: 'owns', object: 'invoice' },
  { kind: 'related', relation: 'viewer', object: 'invoice' },
  { kind: 'rule', name: 'office hours', check: () => false },
  { kind: 'fresh', seconds: 300 },
  { kind: 'fresh', seconds: 3000 },
  { kind: 'factors', count: 1 },
  { kind: 'factors', count: 2 },
)
const { rule } = fc.letrec<{ rule: AccessData }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom('any' as const, 'all' as const),
      of: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}))

const compare = (before: AccessData, after: AccessData) => compareRules(toXRule(before), toXRule(after))

describe('the order of rules', () => {
  it('is what trying every caller says, both ways', () => {
    fc.assert(
      fc.property(rule, rule, (before, after) => {
        const lost = CALLERS.some((caller) => passes(before, caller) && !passes(after, caller))
        const won = CALLERS.some((caller) => !passes(before, caller) && passes(after, caller))
        expect(compare(before, after)).toBe(lost ? (won ? 'unknown' : 'narrower') : won ? 'wider' : 'same')
      }),
      { numRuns: 400 },
    )
  })

  it('is reflexive, however a rule is written', () => {
    fc.assert(
      fc.property(rule, (one) => compare(one, { kind: 'any', of: [one, { kind: 'all', of: [one] }] }) === 'same'),
    )
  })

  it('is transitive', () => {
    const contained = (one: AccessData, other: AccessData) => ['same', 'wider'].includes(compare(one, other))
    fc.assert(
      fc.property(rule, rule, rule, (one, more, most) => {
        const [a, b, c] = [one, { kind: 'any', of: [one, more] }, { kind: 'any', of: [one, more, most] }] as const
        expect([contained(a, b), contained(b, c), contained(a, c)]).toEqual([true, true, true])
        if (contained(one, more) && contained(more, most)) expect(contained(one, most)).toBe(true)
      }),
    )
  })

  it('turns round with its sides', () => {
    const turned = { same: 'same', wider: 'narrower', narrower: 'wider', unknown: 'unknown' }
    fc.assert(fc.property(rule, rule, (one, other) => compare(other, one) === turned[compare(one, other)]))
  })

  it('gives up on rules that split into too many ways, and says so', () => {
    const roles = (from: number) => ({ any: [{ role: `a${from}` }, { role: `b${from}` }] })
    const large = { all: Array.from({ length: 20 }, (_, index) => roles(index)) }
    expect(compareRules(large, { signedIn: true })).toBe('unknown')
  })

  it('does not take a rule in code, or a read rule that it cannot see, for a sign-in', () => {
    expect(compareRules({ signedIn: true }, { rule: 'office hours' })).toBe('unknown')
    expect(compareRules({ signedIn: true }, { reads: 'invoice' })).toBe('unknown')
  })
})

describe('what a rule asks for', () => {
  it('is open exactly where nobody passes without any answer of code', () => {
    const nobody = CALLERS.find(({ principal: { kind }, says }) => kind === 'nobody' && !says) as Caller
    fc.assert(fc.property(rule, (one) => isOpen(toXRule(one)) === passes(one, nobody)))
  })

  it('holds an object where nobody passes who is neither in relation to it nor an authority', () => {
    fc.assert(
      fc.property(rule, (one) => {
        const stranger = CALLERS.some(
          (caller) =>
            !caller.owns &&
            !caller.related &&
            !caller.says &&
            caller.principal.roles.length === 0 &&
            passes(one, caller),
        )
        if (holdsObject(toXRule(one), 'invoice')) expect(stranger).toBe(false)
      }),
    )
  })
})
