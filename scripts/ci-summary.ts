/** Adds up vitest's JSON results: `tsx scripts/ci-summary.ts FILE…` prints `N passed, N failed` as its last line. */
import { existsSync, readFileSync } from 'node:fs'

interface Results {
  readonly success: boolean
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

let [passed, failed, skipped] = [0, 0, 0]
for (const file of process.argv.slice(2)) {
  if (!existsSync(file)) {
    console.error(`${file} is missing: that run did not get as far as its tests`)
    failed += 1
    continue
  }
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results
  passed += results.numPassedTests
  skipped += results.numPendingTests + results.numTodoTests
  // A file that did not load, or whose hook failed, has no failed test and is a failure all the same.
  const broken = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
  ).length
  failed += results.numFailedTests + broken
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
