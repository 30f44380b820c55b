import fc from 'fast-check'
import { type AccessData, NOBODY, type Principal } from 'turnpike'
import { expect, test } from 'vitest'
import { decideFunction } from '../../../src/contract/decide.ts'
import { everyWay, holdsObject, needsAuthority } from '../../../src/contract/review/covers.ts'

const LEAVES: readonly AccessData[] = [
  { kind: 'anyone', why: 'a test' },
  { kind: 'signedIn' },
  { kind: 'scope', scope: 'all' },
  { kind: 'role', role: 'admin' },
  { kind: 'owns', object: 'invoice' },
  { kind: 'owns', object: 'user' },
  { kind: 'related', relation: 'viewer', object: 'invoice' },
  { kind: 'reads', object: 'invoice' },
  { kind: 'fresh', seconds: 300 },
  { kind: 'factors', count: 2 },
  { kind: 'rule', name: 'code', check: () => true },
]
const { rule } = fc.letrec<{ rule: AccessData }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...LEAVES),
    fc.record({ kind: fc.constantFrom('any' as const, 'all' as const), of: fc.array(tie('rule'), { maxLength: 4 }) }),
  ),
}))

/** A caller with every credential that says nothing of objects: signed in just now, with two factors and every scope, but no role. */
const stranger: Principal = {
  ...NOBODY,
  kind: 'user',
  id: 'mallory',
  scopes: ['all'],
  factors: 2,
  authenticatedAt: new Date(0),
}

test('where an object is held, a stranger never passes without looking at it', () => {
  fc.assert(
    fc.property(rule, (access) => {
      if (holdsObject(access, 'invoice')) expect(decideFunction(access, stranger, 0)).not.toBe('yes')
    }),
  )
})

test('where an authority is needed, a stranger who owns everything does not pass', () => {
  const owning = (data: AccessData): AccessData => {
    if (data.kind === 'any' || data.kind === 'all') return { kind: data.kind, of: data.of.map(owning) }
    return data.kind === 'owns' || data.kind === 'related' || data.kind === 'reads' ? { kind: 'signedIn' } : data
  }
  fc.assert(
    fc.property(rule, (access) => {
      if (needsAuthority(access)) expect(decideFunction(owning(access), stranger, 0)).not.toBe('yes')
    }),
  )
})

test('an empty any() is no way at all, and not taken for one that holds', () => {
  expect(everyWay({ kind: 'any', of: [] }, () => true)).toBe(false)
})
