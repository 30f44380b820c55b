import { leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const reasonMissing: Rule = {
  id: 'reason-missing',
  risk: 'API3',
  asvs: null,
  severity: 'error',
  title: 'anyone(), plain() and stream() say why',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { reply, access } = endpoint
      if ('kind' in reply && reply.kind !== 'nothing' && !isReason(reply.why))
        yield {
          endpoint,
          message: `${reply.kind}() does not say why the reply is nobody's`,
          fix: "'it is the same for every caller'",
        }
      for (const leaf of leavesOf(access.data))
        if (leaf.kind === 'anyone' && !isReason(leaf.why))
          yield {
            endpoint,
            message: 'anyone() does not say why no credential is asked for',
            fix: "'it is where callers sign in'",
          }
    }
  },
}

const isReason = (why: unknown): boolean => typeof why === 'string' && why.trim().length >= 3
