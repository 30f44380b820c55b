import type { Rule } from '../finding.ts'

export const dependencyAdvisories: Rule = {
  id: 'dependency-advisories',
  risk: 'API8',
  asvs: '15.2.1',
  severity: 'warning',
  title: 'No dependency has a known vulnerability',
  *check(_api, { dependencies }) {
    if (dependencies?.audit === 'vulnerable')
      yield {
        subject: 'the dependencies',
        severity: 'error',
        message: 'the advisory database names vulnerabilities in what is installed',
        step: 'run',
        fix: 'npm audit fix, and npm audit for what it leaves',
      }
    if (dependencies?.audit === 'unavailable')
      yield {
        subject: 'the dependencies',
        severity: 'info',
        message: 'inconclusive: the registry answers no advisory query, so that nothing was scanned',
        step: 'run',
        fix: 'turnpike review --audit, with a registry that answers npm audit',
      }
    if (dependencies?.audit === 'not asked')
      yield {
        subject: 'the dependencies',
        severity: 'info',
        message: 'inconclusive: nothing was scanned for known vulnerabilities; only with --audit is the registry asked',
        step: 'run',
        fix: 'turnpike review --audit',
      }
  },
}
