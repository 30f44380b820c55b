import type { Rule } from '../finding.ts'

export const identityLacks: Rule = {
  id: 'identity-lacks',
  risk: 'API2',
  asvs: '7.4.1',
  severity: 'warning',
  title: 'What the way of identity cannot do is known',
  *check(_api, { identity }) {
    for (const lack of [...(identity?.tokenGaps ?? []), ...(identity?.lacks ?? [])])
      yield {
        subject: 'the identity',
        message: `known gap: ${lack}`,
        step: 'do',
        fix: 'close it where the identities are kept, or put down who accepts it and until when',
      }
  },
}
