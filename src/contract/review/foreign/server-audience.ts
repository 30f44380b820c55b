import type { ForeignRule } from './foreign-rule.ts'
import { several } from './places-of.ts'

export const serverAudience: ForeignRule = {
  id: 'server-audience',
  risk: 'API9',
  asvs: null,
  severity: 'info',
  title: 'Where there are several servers, each says whether it is for the public',
  *check({ serverNotes }) {
    const silent = serverNotes.filter(({ internal }) => internal === null)
    if (serverNotes.length > 1 && silent.length > 0)
      yield {
        message: `${several(silent.map(({ url }) => url))} does not say for whom it is`,
        fix: 'servers: [{ url: …, x-internal: false }]',
      }
  },
}
