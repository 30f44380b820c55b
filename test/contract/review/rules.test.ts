import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FOREIGN_RULES } from '../../../src/contract/review/foreign/review-document.ts'
import { type Finding, REVIEW_RULES, review } from '../../../src/contract/review/review.ts'
import { CASES, type RuleCase, SOUND } from './cases.ts'
import { evaluate } from './evaluate.ts'

const findingsOf = ({ rule }: RuleCase, source: string, surroundings?: RuleCase['surroundings']): readonly Finding[] =>
  review(evaluate(source), surroundings).findings.filter((finding) => finding.rule === rule)

test.each(REVIEW_RULES.map(({ id }) => id))('%s has a case', (id) => {
  expect(CASES.map(({ rule }) => rule)).toContain(id)
})

test.each(CASES.map((each) => [each.rule, each.source, each] as const))(
  '%s finds %s, and the printed fix clears it',
  (_rule, _source, each) => {
    const found = findingsOf(each, each.source, each.surroundings)
    const finding = found.find(({ message }) => each.says.test(message))
    expect(found.map(({ message }) => message).join('\n')).toMatch(each.says)
    if (finding === undefined) return
    expect(finding.message.startsWith(finding.endpoint ?? '')).toBe(true)
    expect(finding.fix).not.toBe('')
    if (each.replace === '') {
      // About the surroundings: the fix names the fact, and the sound surroundings have it.
      expect(findingsOf(each, each.source, SOUND)).toEqual([])
      return
    }
    expect(each.source).toContain(each.replace)
    const fixed = each.source.replace(each.replace, () => each.put?.(finding.fix) ?? finding.fix)
    expect(findingsOf(each, fixed, each.surroundings).map(({ message }) => message)).toEqual([])
    // What mends one thing must not break another.
    const errors = (source: string) =>
      review(evaluate(source), each.surroundings)
        .findings.filter(({ severity }) => severity === 'error')
        .map(({ rule }) => rule)
    const before = new Set(errors(each.source))
    expect(errors(fixed).filter((rule) => !before.has(rule))).toEqual([])
  },
)

test.each(CASES.filter(({ rule }) => rule === 'identity-lacks' || rule.startsWith('dependency-')))(
  '$rule prints what to do, not what to claim: $says',
  (each) => {
    for (const { step, fix } of findingsOf(each, each.source, each.surroundings)) {
      expect(['run', 'do']).toContain(step)
      expect(fix).not.toMatch(/lacks|audit: |: true/)
    }
  },
)

test('state that is lost at a restart is moved to a folder', () => {
  const lost = { settings: { ...SOUND.settings, store: 'memory' } } as const
  const [finding] = review(evaluate(`one('GET /v1/things', {})`), lost).findings.filter(
    ({ rule }) => rule === 'settings-store',
  )
  expect(finding?.fix).toBe("state: await embedded('./data')")
})

test('ids are unique and named after their files', () => {
  const ids = REVIEW_RULES.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const all = readFileSync(`${import.meta.dirname}/../../../src/contract/review/rules/all-rules.ts`, 'utf8')
  for (const id of ids) expect(all).toContain(`'./${id}.ts'`)
})

test('docs/review.md lists the rules as they are', () => {
  const text = readFileSync(`${import.meta.dirname}/../../../docs/review.md`, 'utf8')
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \| (\w+) \| ([^|]*) \| ([^|]*) \| (.*) \|$/gm)].map(
    ([, ...cells]) => cells,
  )
  expect(rows).toEqual(
    [...REVIEW_RULES, ...FOREIGN_RULES].map(({ id, severity, risk, asvs, title }) => [
      id,
      severity,
      risk ?? '–',
      asvs ?? '–',
      title,
    ]),
  )
})
