import type { Attack, Case } from '../../attack.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import { succeeded } from '../../success.ts'
import { fail, pass } from '../../verdict.ts'
import { settled } from '../settled.ts'
import { saysTheSame } from './says-the-same.ts'
import { prepare, requireTaken, type TextCase, textCases, withText } from './text-places.ts'

export const nosqlInjection: Attack = {
  id: 'nosql-injection',
  number: 113,
  risk: 'API8',
  severity: 'high',
  cwe: 943,
  title: 'A parameter is taken as an operator of the database',
  references: ['OWASP API8:2023', 'OWASP WSTG-INPV-05.6', 'ASVS 5.0 1.2.4'],
  maxRequests: 14,
  oracle:
    '`name[$ne]=x` is answered otherwise than the miss `name=x`, `name[$in][]=x` is answered as the miss, and both do so again in the other order.',
  fix: 'Take parameters as single texts (no nested query strings), validate their type, and cast before the query is built.',
  phase: 'normal',
  cases: (plan) =>
    textCases(
      plan,
      3,
      ({ in: where, name }, { method, read }) =>
        where === 'query' && method === 'GET' && !name.includes('[') && !declaresOperators(read.parameters),
    ),
  async run(it: Case, probe) {
    const { operation, owner, variant } = it as TextCase
    const prepared = await prepare(probe, it as TextCase)
    if (prepared === null) return pass()
    const { draft, place } = prepared
    const alice = probe.identity(owner)
    const nothing = probe.nonce()
    const plain = withText(operation, draft, place, nothing)
    const ask = (request: Draft) => settled(probe, request, alice)
    const as = (name: string): Draft => ({
      ...plain,
      query: plain.query.map(([each, value]) => [each === place.name ? `${each}${name}` : each, value]),
    })
    const same = (one: Answer, other: Answer) => saysTheSame(one, nothing, other, nothing)
    const miss = await ask(plain)
    const unequal = await ask(as('[$ne]'))
    if (!succeeded(miss) || !succeeded(unequal) || same(unequal, miss)) {
      await requireTaken(probe, it as TextCase, prepared, [miss, unequal])
      return pass(`[$ne] is answered ${unequal.status}`, miss, unequal)
    }
    const among = await ask(as('[$in][]'))
    if (!same(among, miss)) return pass('operators are not told from each other', miss, unequal, among)
    const [amongAgain, missAgain, unequalAgain] = [await ask(as('[$in][]')), await ask(plain), await ask(as('[$ne]'))]
    return same(amongAgain, miss) && same(missAgain, miss) && same(unequalAgain, unequal)
      ? fail(
          `${variant} of ${operation.id}: ${place.name}[$ne] finds what ${place.name} does not`,
          missAgain,
          amongAgain,
          unequalAgain,
        )
      : pass('answers change by themselves', miss, unequal, among)
  },
}

/** Some APIs offer operators, and say so. */
const declaresOperators = (parameters: readonly { readonly name: string; readonly description: string }[]): boolean =>
  parameters.some(({ name, description }) => /\[\$?\w+\]|\$(ne|gt|in|lt)\b/.test(`${name} ${description}`))
