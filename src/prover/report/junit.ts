import type { CaseResult } from '../prove.ts'
import type { Assessment, Judged } from './assessment.ts'
import { exchangeLine } from './exchange-text.ts'
import { identitiesText } from './findings.ts'
import { escapeMarkup } from './markup.ts'
import type { RiskRow } from './risk-rows.ts'
import type { AttackData } from './run-record.ts'

/**
 * JUnit XML: a suite for each risk, a test for each attack on each operation. What was inconclusive or not tested is
 * skipped with its reason, never passed: whether a run fails is for findings and `--fail-on` to say.
 */
export function formatJunit(assessment: Assessment): string {
  const { run, risks } = assessment
  const suites = risks.map((row) => suiteOf(row, assessment))
  const all = suites.flatMap(({ tests }) => tests)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `turnpike prove: ${run.plan.title}`, ...countsOf(all) })}>`,
    ...suites.map(({ row, tests }) => {
      const head = attributes({
        name: `${row.risk} ${row.title}`,
        ...countsOf(tests),
        timestamp: run.startedAt.slice(0, 19),
      })
      return [`  <testsuite ${head}>`, ...tests.map(testText), '  </testsuite>'].join('\n')
    }),
    '</testsuites>',
    '',
  ].join('\n')
}

interface Test {
  readonly className: string
  readonly name: string
  readonly seconds: number
  readonly state: 'passed' | 'failed' | 'skipped'
  readonly message: string
  readonly detail: string
}

function suiteOf(row: RiskRow, assessment: Assessment): { readonly row: RiskRow; readonly tests: readonly Test[] } {
  const { run } = assessment
  const tests = run.attacks
    .filter(({ risk }) => risk === row.risk)
    .flatMap((attack) => {
      const own = run.results.filter((result) => result.attack === attack.id)
      const operations = [...new Set(own.map(({ operation }) => operation))]
      if (operations.length === 0) return [untestedOf(row, attack)]
      return operations.map((operation) =>
        testOf(
          attack,
          operation,
          own.filter((result) => result.operation === operation),
          assessment,
        ),
      )
    })
  return { row, tests: tests.length > 0 ? tests : [untestedOf(row, null)] }
}

function untestedOf(row: RiskRow, attack: AttackData | null): Test {
  const why = row.reasons.find(({ attacks }) => attack === null || attacks.includes(attack.id))?.why ?? 'nothing to try'
  return {
    className: `turnpike.${row.risk}`,
    name: attack === null ? row.title : `${attack.id}: ${attack.title}`,
    seconds: 0,
    state: 'skipped',
    message: `not tested: ${why}`,
    detail: '',
  }
}

function testOf(
  attack: AttackData,
  operation: string | null,
  results: readonly CaseResult[],
  { findings }: Assessment,
): Test {
  const own = findings.filter((finding) => finding.attack.id === attack.id && finding.operation === operation)
  const counting = own.filter(({ state }) => state !== 'accepted')
  const open = results.find(({ outcome }) => outcome === 'inconclusive')
  const untested = results.find(({ outcome }) => outcome === 'not-tested')
  const passed = results.filter(({ outcome }) => outcome === 'pass').length
  const test = {
    className: `turnpike.${attack.risk}.${attack.id}`,
    name: `${operation ?? 'the API as a whole'}: ${attack.title}`,
    seconds: results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000,
    detail: '',
  }
  if (counting.length > 0)
    return {
      ...test,
      state: 'failed',
      message: counting.map(({ why }) => why).join('; '),
      detail: counting.map(detailOf).join('\n\n'),
    }
  if (own[0]?.acceptance)
    return {
      ...test,
      state: 'skipped',
      message: `accepted until ${own[0].acceptance.until}: ${own[0].acceptance.reason}`,
    }
  if (open) return { ...test, state: 'skipped', message: `inconclusive: ${open.why}` }
  if (passed === 0) return { ...test, state: 'skipped', message: `not tested: ${untested?.why ?? ''}` }
  return {
    ...test,
    state: 'passed',
    message: '',
    detail: untested === undefined ? '' : `held in ${passed} of ${results.length} cases; not tested: ${untested.why}`,
  }
}

const detailOf = (finding: Judged): string =>
  [
    `${finding.id}  ${finding.severity}  ${finding.state}  CWE-${finding.attack.cwe}  ${identitiesText(finding)}`,
    ...(finding.note === null ? [] : [finding.note]),
    ...finding.evidence.map((exchange) => exchangeLine(exchange)),
    ...finding.curl,
    `Fix: ${finding.attack.fix}`,
  ].join('\n')

function testText({ className, name, seconds, state, message, detail }: Test): string {
  const head = `    <testcase ${attributes({ classname: className, name, time: seconds.toFixed(3) })}`
  if (state === 'failed')
    return `${head}>\n      <failure ${attributes({ message, type: 'finding' })}>${escapeMarkup(detail)}</failure>\n    </testcase>`
  if (state === 'skipped') return `${head}><skipped ${attributes({ message })}/></testcase>`
  return detail === '' ? `${head}/>` : `${head}><system-out>${escapeMarkup(detail)}</system-out></testcase>`
}

const countsOf = (tests: readonly Test[]) => ({
  tests: tests.length,
  failures: tests.filter(({ state }) => state === 'failed').length,
  errors: 0,
  skipped: tests.filter(({ state }) => state === 'skipped').length,
  time: tests.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
})

/** Line breaks and tabs in an attribute would be read as blanks. */
const attributes = (given: Readonly<Record<string, string | number>>): string =>
  Object.entries(given)
    .map(
      ([name, value]) => `${name}="${escapeMarkup(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join(' ')
