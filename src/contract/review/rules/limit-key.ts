import { inputsOf, jsonOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const limitKey: Rule = {
  id: 'limit-key',
  risk: 'API4',
  asvs: '2.4.1',
  severity: 'error',
  title: 'A budget counted by an input names a required field of it',
  *check(api) {
    for (const endpoint of api.endpoints) {
      for (const { key } of endpoint.limit.by) {
        const placed = inputsOf(endpoint).find(({ place }) => place === key.from)
        const json = placed && jsonOf(placed)
        if (json?.required?.includes(key.name)) continue
        const [known = 'email'] = json?.required ?? []
        yield {
          endpoint,
          message: `its limit counts by ${key.from} "${key.name}", which is no required field there; nothing would be counted`,
          fix: `${key.from}('${known}')`,
        }
      }
    }
  },
}
