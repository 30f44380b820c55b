import type { Rule } from '../finding.ts'

const PATH = /^(delete|remove|log-?out|create|update|pay|send|approve|cancel|revoke|reset|disable|enable)(-.*)?$/i

export const getChanges: Rule = {
  id: 'get-changes',
  risk: 'API8',
  asvs: '3.5.3',
  severity: 'warning',
  title: 'GET changes nothing',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const last = endpoint.segments.at(-1)
      if (endpoint.method !== 'GET' || last === undefined || !('literal' in last) || !PATH.test(last.literal)) continue
      yield {
        endpoint,
        message: `it is a GET, and "${last.literal}" sounds like a change; links, previews and other sites can trigger it`,
        fix: `endpoint('POST ${endpoint.path}', { body: nothing,`,
      }
    }
  },
}
