import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'

export interface SkippedReporterOptions {
  /** Whether a skipped test leaves the run green. */
  readonly allowed: boolean
}

// What the name of a suite says it wants → how to get it.
const WAYS: readonly (readonly [wants: RegExp, way: string])[] = [
  [/VECTORS/i, 'For what wants the vectors, set VECTORS to the folder of the conformance vectors.'],
  [/needs the build/, 'For what needs the build, run npm run build first; npm test does.'],
]

/** Prints every suite and test that was skipped and how to get it, so that silence never reads as passed. */
export class SkippedReporter implements Reporter {
  readonly #allowed: boolean
  #filtered = false

  constructor({ allowed }: SkippedReporterOptions) {
    this.#allowed = allowed
  }

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // With -t everything else counts as skipped, by the wish of who typed it.
    if (this.#filtered) return
    const skipped = new Set(modules.flatMap((module) => [...module.children.allTests('skipped')].map(nameOf)))
    if (skipped.size === 0) return
    console.log(`\nSkipped, so neither passed nor failed:\n${[...skipped].map((name) => `  ${name}`).join('\n')}`)
    for (const [wants, way] of WAYS) if ([...skipped].some((name) => wants.test(name))) console.log(way)
    if (this.#allowed) return
    console.error('Nothing may be skipped in this run (TURNPIKE_NO_SKIP=1).')
    process.exitCode = 1
  }
}

/** The outermost suite that is skipped as a whole, or the test alone. */
function nameOf(test: TestCase): string {
  const path: (TestSuite | TestCase)[] = [test]
  let parent = test.parent
  while (parent.type === 'suite') {
    path.unshift(parent)
    parent = parent.parent
  }
  const whole = path.findIndex((each) => each.type === 'test' || [...each.children.allTests()].every(isSkipped))
  const names = path.slice(0, whole + 1).map((each) => each.name)
  return [relative(process.cwd(), test.module.moduleId), ...names].join(' > ')
}

const isSkipped = (test: TestCase): boolean => test.result().state === 'skipped'
