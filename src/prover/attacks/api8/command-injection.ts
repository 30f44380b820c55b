import type { Attack, Case } from '../../attack.ts'
import { at } from '../../pointer.ts'
import { fail, pass } from '../../verdict.ts'
import { computes, newComputed } from './computed.ts'
import { type Prepared, prepare, requireTaken, type TextCase, textCases } from './text-places.ts'

export const commandInjection: Attack = {
  id: 'command-injection',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 78,
  title: 'A text of the caller is run by a shell',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-12', 'ASVS 5.0 1.2.5'],
  maxRequests: 7,
  oracle: 'A multiplication in the syntax of a shell comes back as its product.',
  fix: 'Start programs with execFile and a list of arguments, never through a shell; check the argument against what it may be.',
  phase: 'normal',
  cases: (plan) => textCases(plan, 2, ({ in: where, maxLength }) => where !== 'path' && maxLength >= 30),
  async run(it: Case, probe) {
    const { operation, owner } = it as TextCase
    const prepared = await prepare(probe, it as TextCase)
    if (prepared === null) return pass()
    const computed = newComputed(probe.random)
    const command = `expr ${computed.left} \\* ${computed.right}`
    const before = usualText(prepared)
    const answers = []
    for (const text of [`${before}$(${command})`, `${before};${command}`, `${before}';${command};'`]) {
      const { shown, answer } = await computes(probe, operation, owner, prepared, text, computed)
      if (shown) return fail(`${it.variant} of ${operation.id}: ${text} comes back computed`, answer, shown)
      answers.push(answer)
    }
    await requireTaken(probe, it as TextCase, prepared, answers)
    return pass('nothing is run', ...answers)
  },
}

/** What stands there otherwise: a program may refuse to start without a plausible argument. */
function usualText({ draft, place }: Prepared): string {
  const usual =
    place.in === 'body'
      ? at(draft.body, place.name)
      : (draft.query.find(([name]) => name === place.name)?.[1] ?? draft.params[place.name])
  return typeof usual === 'string' && usual.length <= 40 ? usual : 'tp'
}
