import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { apiWide, namesOf, sampledReads, samplingRequests } from '../sampled-reads.ts'
import { askFrom, strangeOrigin } from './cors.ts'

export const anyOrigin: Attack = {
  id: 'any-origin',
  number: 105,
  risk: 'API8',
  severity: 'low',
  cwe: 942,
  title: 'Data behind a sign-in is answered with `Access-Control-Allow-Origin: *`',
  references: ['OWASP API8:2023', 'Fetch: CORS protocol', 'ASVS 5.0 3.4.2'],
  maxRequests: 4 + samplingRequests(3),
  oracle: "`*` stands in the answer to the owner's read, and nobody is shown the same without a credential.",
  fix: 'Allow the exact origins of your own front ends; keep `*` for what anybody may read.',
  phase: 'normal',
  cases: (plan) => apiWide(plan, 'signed-in'),
  async run(_: Case, probe) {
    const sample = await sampledReads(probe, 3, 'signed-in')
    const answers = []
    for (const each of sample) {
      const reply = await askFrom(probe, each, strangeOrigin(probe))
      answers.push(reply.answer)
      if (reply.allowed !== '*') continue
      const nobody = await probe.send(each.control.draft, probe.nobody)
      // What is open to all may be open to all pages.
      if (probe.shows(nobody, each.control)) continue
      return fail(`${each.operation.id} is for signed-in callers and is answered with *`, nobody, reply.answer)
    }
    return pass(`no * at ${namesOf(sample)}`, ...answers)
  },
}
