/** Runs every static check, to the end, and says at the end which failed: one run shows all there is to mend. */
import { spawnSync } from 'node:child_process'
import pc from 'picocolors'

const STEPS = {
  'check:format': 'format and lint (biome)',
  'check:types': 'types (tsc)',
  'check:layers': 'layers (dependency-cruiser)',
  'check:unused': 'dead code and unused dependencies (knip)',
  'check:security': 'dangerous patterns (eslint-plugin-security, eslint-plugin-regexp)',
  'check:secrets': 'secrets (secretlint)',
  'check:package': 'package shape, on a build (publint, attw)',
} as const

const failed: string[] = []
for (const [script, title] of Object.entries(STEPS)) {
  console.log(pc.bold(`\n── ${title}`))
  const { status } = spawnSync('npm', ['run', '--silent', script], { stdio: 'inherit' })
  console.log(status === 0 ? pc.green('   held') : pc.red(`   failed: npm run ${script}`))
  if (status !== 0) failed.push(script)
}

const total = Object.keys(STEPS).length
console.log(
  pc.bold(
    `\n${total - failed.length} of ${total} checks held${failed.length > 0 ? `; failed: ${failed.join(', ')}` : ''}`,
  ),
)
process.exitCode = failed.length > 0 ? 1 : 0
