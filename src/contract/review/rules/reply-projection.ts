import { compileProjection } from '../../projection.ts'
import { jsonOf, replyOf } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const replyProjection: Rule = {
  id: 'reply-projection',
  risk: 'API3',
  asvs: '8.2.3',
  severity: 'error',
  title: 'A reply can be copied field by field: no any, no loose object, no tuple, no union without a discriminator',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const reply = replyOf(endpoint)
      const json = reply && jsonOf(reply)
      for (const { at, message } of json ? compileProjection(json).faults : [])
        yield { endpoint, message: `reply${at}: ${message}`, fix: fixOf(message) }
    }
  },
}

function fixOf(message: string): string {
  if (message.includes('union')) return "z.discriminatedUnion('kind', [/* strict objects with a literal kind */])"
  if (message.includes('may be anything')) return 'z.string().max(200)'
  return 'z.strictObject({ /* each field */ })'
}
