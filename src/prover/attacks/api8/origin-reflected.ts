import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { apiWide, namesOf, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { askFrom, corsSeverity, isOpenTo, strangeOrigin } from './cors.ts'

export const originReflected: Attack = {
  id: 'origin-reflected',
  number: 102,
  risk: 'API8',
  severity: 'high',
  cwe: 942,
  title: 'Any web page may read with the credentials of whoever visits it',
  references: ['OWASP API8:2023', 'Fetch: CORS protocol', 'ASVS 5.0 3.4.2'],
  maxRequests: 3 + samplingRequests(3),
  oracle: 'An origin made up for this request comes back in Access-Control-Allow-Origin, with credentials allowed.',
  fix: 'Compare Origin with a list of exact origins; answer no CORS header to any other. Never copy the header back.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'signed-in'),
  async run(_: Case, probe) {
    const sample = await sampledReads(probe, 3, 'signed-in')
    const answers = []
    for (const each of sample) {
      const origin = strangeOrigin(probe)
      const reply = await askFrom(probe, each, origin)
      answers.push(reply.answer)
      if (isOpenTo(reply, origin))
        return {
          ...fail(`${each.operation.id} allows the made-up origin ${origin} to read with credentials`, reply.answer),
          severity: corsSeverity(probe, each),
        }
    }
    return pass(`a made-up origin is not allowed at ${namesOf(sample)}`, ...answers)
  },
}
