import type { Attack } from '../../attack.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { mainReads, readsBy, type Trick, tryTricks } from './variants.ts'

/** `?id=mine&id=hers`: one reader takes the first, another the last. */
export const parameterPollution: Attack = {
  id: 'parameter-pollution',
  number: 12,
  risk: 'API1',
  severity: 'high',
  cwe: 235,
  title: 'A repeated parameter gets past the check',
  references: ['OWASP API1:2023', 'ASVS 5.0 2.2.1', 'CWE-639'],
  maxRequests: 14 + PRIVACY_REQUESTS,
  oracle: "The id alone is refused; given beside the other user's own it shows the owner's canary.",
  fix: 'Refuse a parameter that is given twice, and let check and handler read one parsed request.',
  phase: 'normal',
  cases: (plan) => [...mainReads(plan), ...readsBy(plan, 'query')],
  run: (it, probe) =>
    tryTricks(it, probe, ({ reference: { in: place, name }, own, ownId, theirId }): readonly Trick[] => {
      if (place === 'query') {
        const others = own.query.filter(([each]) => each !== name)
        return [
          [ownId, theirId],
          [theirId, ownId],
        ].map((ids) => ({
          how: `asks with ${name} twice`,
          draft: { ...own, query: [...others, ...ids.map((id) => [name, id] as const)] },
        }))
      }
      // A query parameter of the same name, where parameters of path and query are put together.
      return [[name], [name === 'id' ? '_id' : 'id']].map((names) => ({
        how: `asks for his own with ${names[0]} of the other in the query`,
        draft: { ...own, query: [...own.query, ...names.map((each) => [each, theirId] as const)] },
      }))
    }),
}
