import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, pass, type Verdict } from '../../verdict.ts'
import { settled } from '../settled.ts'
import { computes, newComputed } from './computed.ts'
import { saysTheSame } from './says-the-same.ts'
import { type Prepared, prepare, requireTaken, type TextCase, textCases, withText } from './text-places.ts'

/** Texts that, taken as SQL, make a condition true or false; in a comparison, in LIKE, in brackets, and where a number stands. */
const SHAPES = [
  (miss: string, word: string) => `${miss}' OR '7391' LIKE '${word}`,
  (miss: string, word: string) => `${miss}') OR ('7391' LIKE '${word}`,
  (_: string, word: string) => `987654321 OR 7391=${word}`,
] as const

const TRUE = '7391'
const FALSE = '7392'

export const sqlInjection: Attack = {
  id: 'sql-injection',
  number: 113,
  risk: 'API8',
  severity: 'critical',
  cwe: 89,
  title: 'A text of the caller is run as SQL',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-05', 'ASVS 5.0 1.2.4'],
  maxRequests: 17,
  oracle:
    'In a read: a condition that is always true is answered otherwise than a miss, the same condition made false is answered as a miss, and both do so again in the other order. In a write: an arithmetic expression is read back as its product.',
  fix: 'Bind every value as a parameter of a prepared statement, also in ORDER BY lists (by an allow-list of columns).',
  phase: 'normal',
  cases: (plan) =>
    textCases(
      plan,
      3,
      ({ in: where, maxLength }, { method }) => (method === 'GET' || where === 'body') && maxLength >= 36,
    ),
  async run(it: Case, probe) {
    const prepared = await prepare(probe, it as TextCase)
    if (prepared === null) return pass()
    // A condition in an UPDATE or DELETE would touch what is not ours.
    return (it as TextCase).operation.method === 'GET'
      ? byCondition(probe, it as TextCase, prepared)
      : byExpression(probe, it as TextCase, prepared)
  },
}

async function byCondition(probe: Probe, it: TextCase, prepared: Prepared): Promise<Verdict> {
  const { draft, place } = prepared
  const alice = probe.identity(it.owner)
  const ask = async (text: string): Promise<Asked> => ({
    text,
    answer: await settled(probe, withText(it.operation, draft, place, text), alice),
  })
  const nothing = probe.nonce()
  const miss = await ask(nothing)
  const answers = [miss.answer]
  for (const shape of SHAPES) {
    const isTrue = await ask(shape(nothing, TRUE))
    answers.push(isTrue.answer)
    if (!succeeded(isTrue.answer) || same(isTrue, miss)) continue
    const isFalse = await ask(shape(nothing, FALSE))
    if (!same(isFalse, miss)) continue
    // Again, in the other order: whatever changes by itself does not change in step with us.
    const [falseAgain, missAgain, trueAgain] = [
      await ask(shape(nothing, FALSE)),
      await ask(nothing),
      await ask(shape(nothing, TRUE)),
    ]
    if (same(missAgain, miss) && same(falseAgain, miss) && same(trueAgain, isTrue))
      return fail(
        `${it.variant} of ${it.operation.id}: ${isTrue.text} is taken as a condition that is true, ${isFalse.text} as one that is false`,
        missAgain.answer,
        falseAgain.answer,
        trueAgain.answer,
      )
  }
  await requireTaken(probe, it, prepared, answers)
  return pass('conditions are taken as texts', miss.answer)
}

interface Asked {
  readonly text: string
  readonly answer: Answer
}

const same = (one: Asked, other: Asked): boolean => saysTheSame(one.answer, one.text, other.answer, other.text)

async function byExpression(probe: Probe, it: TextCase, prepared: Prepared): Promise<Verdict> {
  const computed = newComputed(probe.random)
  const expression = `(${computed.left}*${computed.right})`
  const answers = []
  // Texts are joined with || by most databases, with + by some.
  for (const text of [`tp'||${expression}||'tp`, `0'+${expression}+'0`]) {
    const { shown, answer } = await computes(probe, it.operation, it.owner, prepared, text, computed)
    if (shown) return fail(`${it.variant} of ${it.operation.id}: ${text} is stored computed`, answer, shown)
    answers.push(answer)
  }
  await requireTaken(probe, it, prepared, answers)
  return pass('no expression comes back computed', ...answers)
}
