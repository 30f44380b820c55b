import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { settled } from '../settled.ts'

export const traceMethod: Attack = {
  id: 'trace-method',
  number: 112,
  risk: 'API8',
  severity: 'low',
  cwe: 489,
  title: 'TRACE answers with the request that it was sent',
  references: ['OWASP API8:2023', 'RFC 9110 section 9.3.8', 'ASVS 5.0 13.4.4'],
  maxRequests: 4,
  oracle: 'A header that only this request has comes back in the body of a 2xx answer.',
  fix: 'Answer TRACE (and TRACK) with 405 at the outermost server: headers added by proxies come back with it.',
  phase: 'normal',
  cases: () => [{ operation: null }],
  async run(_: Case, probe) {
    const nonce = probe.nonce()
    const draft = {
      method: 'TRACE',
      path: '/',
      query: [],
      headers: [['X-Turnpike-Trace', nonce] as const],
      body: undefined,
      mediaType: '',
    }
    const answer = await settled(probe, draft, probe.nobody)
    const comesBack = answer.status >= 200 && answer.status < 300 && answer.text.includes(nonce)
    return comesBack
      ? fail(`TRACE / is answered ${answer.status} and repeats the headers of the request`, answer)
      : pass(`TRACE is answered ${answer.status}`, answer)
  },
}
