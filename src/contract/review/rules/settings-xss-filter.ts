import type { Rule } from '../finding.ts'

export const settingsXssFilter: Rule = {
  id: 'settings-xss-filter',
  risk: 'API8',
  asvs: null,
  severity: 'warning',
  title: 'The old XSS filter of browsers is off',
  *check(_api, { settings }) {
    if (settings?.xssFilter)
      yield {
        subject: 'the settings',
        message:
          'X-XSS-Protection: 1 switches on a filter that OWASP calls harmful; a content security policy does its work',
        fix: 'xssFilter: false',
      }
  },
}
