import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { signedInReads } from '../signed-in.ts'

export const noCredential: Attack = {
  id: 'no-credential',
  number: 21,
  risk: 'API2',
  severity: 'critical',
  cwe: 306,
  title: 'Answers without a credential',
  references: ['OWASP API2:2023', 'ASVS 5.0 8.3.1'],
  maxRequests: 8,
  oracle: 'Nobody, or a garbage token, is answered what the signed-in caller is answered.',
  fix: 'Ask for a credential on every operation by default, and name the few that need none.',
  phase: 'normal',
  cases: (plan) => signedInReads(plan),
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const thing =
      operation.purpose === 'read' && operation.resource !== null ? await probe.object(operation.resource, alice) : null
    const { control, nobody, garbage } = await probe.baseline(operation, alice, thing)
    for (const answer of [nobody, garbage])
      if (
        probe.shows(answer, control) ||
        (answer.status === control.answer.status && answer.text === control.answer.text)
      )
        return fail(`${operation.id} answers ${answer.status} without a valid credential`, control.answer, answer)
    return pass(`nobody is answered ${nobody.status}, garbage ${garbage.status}`, nobody, garbage)
  },
}
