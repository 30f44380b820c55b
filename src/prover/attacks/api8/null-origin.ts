import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { apiWide, namesOf, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { askFrom, corsSeverity, isOpenTo, strangeOrigin } from './cors.ts'

export const nullOrigin: Attack = {
  id: 'null-origin',
  number: 103,
  risk: 'API8',
  severity: 'high',
  cwe: 942,
  title: 'The origin `null`, which every sandboxed frame has, may read with credentials',
  references: ['OWASP API8:2023', 'Fetch: CORS protocol', 'ASVS 5.0 3.4.2'],
  maxRequests: 4 + samplingRequests(3),
  oracle: '`Origin: null` comes back in Access-Control-Allow-Origin, with credentials allowed.',
  fix: 'Take `null` off the list of origins; pages from files, data URLs and sandboxes are nobody in particular.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'signed-in'),
  async run(_: Case, probe) {
    const sample = await sampledReads(probe, 3, 'signed-in')
    const answers = []
    for (const each of sample) {
      const reply = await askFrom(probe, each, 'null')
      answers.push(reply.answer)
      if (!isOpenTo(reply, 'null')) continue
      // Whoever takes any origin takes this one too: one fault, one cause.
      const other = strangeOrigin(probe)
      const takesAny = isOpenTo(await askFrom(probe, each, other), other)
      return {
        ...fail(`${each.operation.id} allows the origin null to read with credentials`, reply.answer),
        severity: corsSeverity(probe, each),
        ...(takesAny ? { cause: 'origin-reflected' } : {}),
      }
    }
    return pass(`the origin null is not allowed at ${namesOf(sample)}`, ...answers)
  },
}
