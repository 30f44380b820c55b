import type { Attack, Case } from '../../attack.ts'
import { fail, pass } from '../../verdict.ts'
import { computes, newComputed } from './computed.ts'
import { prepare, requireTaken, type TextCase, textCases } from './text-places.ts'

export const templateInjection: Attack = {
  id: 'template-injection',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 1336,
  title: 'A text of the caller is run as a template',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-18', 'ASVS 5.0 1.3.7'],
  maxRequests: 7,
  oracle: 'A multiplication in the syntax of a template engine comes back as its product.',
  fix: 'Hand texts of callers to a fixed template as values; never build the template out of them.',
  phase: 'normal',
  cases: (plan) => textCases(plan, 2, ({ in: where, maxLength }) => where !== 'path' && maxLength >= 20),
  async run(it: Case, probe) {
    const { operation, owner } = it as TextCase
    const prepared = await prepare(probe, it as TextCase)
    if (prepared === null) return pass()
    const computed = newComputed(probe.random)
    const product = `${computed.left}*${computed.right}`
    const all = `tp{{${product}}}\${${product}}<%= ${product} %>#{${product}}`
    const texts = prepared.place.maxLength >= all.length ? [all] : []
    const answers = []
    // One engine may choke on the syntax of another.
    for (const text of [...texts, `{{${product}}}`, `\${${product}}`]) {
      const { shown, answer } = await computes(probe, operation, owner, prepared, text, computed)
      if (shown) return fail(`${it.variant} of ${operation.id}: ${text} comes back computed`, answer, shown)
      answers.push(answer)
      if (text === all && answer.status < 400) break
    }
    await requireTaken(probe, it as TextCase, prepared, answers)
    return pass('nothing is computed', ...answers)
  },
}
