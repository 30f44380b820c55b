import { defineConfig } from 'vitest/config'
import { SkippedReporter } from './scripts/skipped-reporter.ts'

// Where to write the results as JSON, beside the terminal.
const results = process.env.TURNPIKE_RESULTS

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['node', 'import', 'module', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: tests send signals, load native hashes and count what a module loads.
    pool: 'forks',
    // A suite starts servers and databases of its own; more at once than cores only makes every deadline tighter.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: [
      'default',
      new SkippedReporter({ allowed: process.env.TURNPIKE_NO_SKIP !== '1' }),
      ...(results === undefined ? [] : [['json', { outputFile: results }] as ['json', { outputFile: string }]]),
    ],
  },
})
