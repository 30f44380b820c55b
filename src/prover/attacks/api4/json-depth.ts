import type { Attack, Case } from '../../attack.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import { pass, type Verdict } from '../../verdict.ts'
import { heavyCases, heavyVerdict, lightRequest } from './heavy-body.ts'

const LEVELS = 10_000

export const jsonDepth: Attack = {
  id: 'json-depth',
  number: 72,
  risk: 'API4',
  severity: 'high',
  cwe: 674,
  title: 'Deeply nested JSON breaks the server',
  references: ['OWASP API4:2023', 'RFC 8259 section 9', 'ASVS 5.0 15.2.2'],
  maxRequests: 5,
  oracle: `A body nested ${LEVELS} levels deep is answered 5xx or not at all.`,
  fix: 'Bound the depth while parsing, and walk what was parsed without recursion.',
  phase: 'exhausting',
  cases: heavyCases,
  async run(it: Case, probe) {
    const light = await lightRequest(probe, it)
    const place = [...leavesOf(light.draft.body)].find(({ value }) => typeof value === 'string')?.at ?? '/text'
    const mark = probe.nonce()
    let held: Verdict = pass()
    for (const [what, at] of [
      ['in a field', place],
      ['in a field too many', '/tpDepth'],
    ] as const) {
      const body = withAt(await light.newBody(), at, mark)
      const deep = JSON.stringify(body).replace(`"${mark}"`, '['.repeat(LEVELS) + ']'.repeat(LEVELS))
      const verdict = await heavyVerdict(probe, light, {
        what: `JSON nested ${LEVELS} deep ${what}`,
        body: deep,
        // What is left out or kept as it is has broken nothing.
        taken: (answer) => pass(`it is answered ${answer.status}`, light.answer, answer),
      })
      if (verdict.outcome === 'fail') return verdict
      held = verdict
    }
    return held
  },
}
