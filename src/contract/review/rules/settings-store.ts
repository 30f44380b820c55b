import type { Rule } from '../finding.ts'

export const settingsStore: Rule = {
  id: 'settings-store',
  risk: 'API8',
  asvs: '13.3.1',
  severity: 'error',
  title: 'State and keys survive a restart',
  *check(_api, { settings }) {
    if (!settings?.production) return
    if (settings.store === 'memory')
      yield {
        subject: 'the settings',
        message: 'sessions, revocations and the audit log live in memory and are lost at a restart',
        fix: "state: await embedded('./data')",
      }
    if (!settings.lastingKeys)
      yield {
        subject: 'the settings',
        message: 'keys are made at start and lost at the end: tokens end, and sealed data cannot be opened again',
        fix: "state: await embedded('./data')",
      }
  },
}
