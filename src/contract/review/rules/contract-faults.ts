import type { Rule } from '../finding.ts'

export const contractFaults: Rule = {
  id: 'contract-faults',
  risk: null,
  asvs: null,
  severity: 'error',
  title: 'A declaration has no unknown key, no wrong value and no contradiction',
  *check(api) {
    for (const fault of api.faults)
      yield {
        subject: 'the API',
        message: fault,
        fix: 'api({ title, endpoints: [/* each route once, each resource name once */] })',
      }
    for (const endpoint of api.endpoints) {
      for (const fault of endpoint.faults) {
        // `access-missing` speaks of it.
        if (!fault.startsWith('no access rule')) yield { endpoint, message: fault, fix: fixOf(fault) }
      }
    }
  },
}

/** Most faults already say what to write. */
function fixOf(fault: string): string {
  const [, written] = /; (?:write|add|use) (.*)$/.exec(fault) ?? /(?:write|add) (.*)$/.exec(fault) ?? []
  if (written !== undefined) return written
  const [, unknown] = /^(?:limit: )?unknown key "([^"]+)"/.exec(fault) ?? []
  return unknown === undefined ? 'correct what the message names' : `(without ${unknown})`
}
