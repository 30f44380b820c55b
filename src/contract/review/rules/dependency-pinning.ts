import type { Rule } from '../finding.ts'

export const dependencyPinning: Rule = {
  id: 'dependency-pinning',
  risk: 'API8',
  asvs: '15.2.1',
  severity: 'warning',
  title: 'What is installed is what was reviewed',
  *check(_api, { dependencies }) {
    if (!dependencies) return
    if (!dependencies.lockFile)
      yield { subject: 'the dependencies', message: 'there is no lock file', step: 'run', fix: 'npm install' }
    if (!dependencies.exact)
      yield {
        subject: 'the dependencies',
        message: 'versions are ranges',
        step: 'run',
        fix: 'npm install --save-exact <package>',
        severity: 'info',
      }
    if (dependencies.lockFile && !dependencies.integrity)
      yield {
        subject: 'the dependencies',
        message: 'the lock file has packages without an integrity hash',
        step: 'run',
        fix: 'npm install',
      }
  },
}
