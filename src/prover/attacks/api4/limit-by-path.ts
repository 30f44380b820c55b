import type { Attack, Case } from '../../attack.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { basePath, spellingsOf } from '../path-spellings.ts'
import { limitedCases, MOST_TO_MEET, meetLimit } from './met-limit.ts'

export const limitByPath: Attack = {
  id: 'limit-by-path',
  number: 68,
  risk: 'API4',
  severity: 'high',
  cwe: 647,
  title: 'Another spelling of the path resets the limit',
  references: ['OWASP API4:2023', 'RFC 3986 section 6', 'ASVS 5.0 2.4.1'],
  maxRequests: 2 * MOST_TO_MEET + 30,
  oracle:
    'A caller who is limited is served again under another spelling of the path, and still limited under the first.',
  fix: 'Count by route and not by the text of the path, after the path was brought into one form.',
  phase: 'exhausting',
  cases: limitedCases,
  async run(it: Case, probe) {
    const { draft, plain, limited, stillOn } = await meetLimit(probe, it)
    const nowhere = await probe.send({ ...draft, path: `${draft.path}-${probe.nonce()}` }, probe.nobody, {
      anyStatus: true,
      meetsLimits: true,
    })
    if (!differs(nowhere, plain))
      throw new Inconclusive('any path is answered as this one is, so serving cannot be told', plain, nowhere)
    const spellings = [...spellingsOf(draft.path), { how: 'a query', path: `${draft.path}?x=${probe.nonce()}` }]
    for (const { how, path } of spellings) {
      const answer = await probe.send({ ...draft, rawTarget: `${basePath(probe.base)}${path}` }, probe.nobody, {
        anyStatus: true,
        meetsLimits: true,
      })
      if (differs(answer, plain)) continue
      return fail(`${path} (${how}) is served at once`, limited, await stillOn(), answer)
    }
    return pass('limited under every spelling', limited)
  },
}
