import { readDependencies } from '../src/cli/dependencies.ts'

// Scans the dependencies in CI. A registry that answers no advisory query makes it inconclusive, which is said and is not a pass.

async function main(): Promise<number> {
  const found = await readDependencies(process.cwd(), true)
  switch (found?.audit) {
    case 'clean':
      console.log('dependency scan: no known vulnerability')
      return 0
    case 'vulnerable':
      console.log('::error::dependency scan: there are known vulnerabilities; run npm audit')
      return 1
    default:
      console.log(
        '::warning::dependency scan: INCONCLUSIVE, the registry answers no advisory query; nothing was scanned',
      )
      return 0
  }
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error)
    process.exitCode = 2
  },
)
