import type { Rule } from '../finding.ts'

export const settingsTransport: Rule = {
  id: 'settings-transport',
  risk: 'API8',
  asvs: '12.2.1',
  severity: 'warning',
  title: 'Only HTTPS is served, under known names',
  *check(_api, { settings }) {
    if (!settings) return
    if (settings.plainHttp)
      yield {
        subject: 'the settings',
        severity: settings.production ? 'error' : 'info',
        message: 'plain HTTP is served; credentials travel in clear',
        fix: 'plainHttp: false',
      }
    if (settings.hosts === 'any')
      yield {
        subject: 'the settings',
        severity: settings.production ? 'warning' : 'info',
        message: 'requests for any host name are answered',
        fix: "hosts: ['api.example.com']",
      }
  },
}
