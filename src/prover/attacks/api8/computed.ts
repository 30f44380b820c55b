import type { Answer } from '../../engine/exchange.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { madeThing, readBack } from '../made-thing.ts'
import { settled } from '../settled.ts'
import { type Prepared, withText } from './text-places.ts'

/** A multiplication whose result is in no request: only whoever computes can answer it. */
export interface Computed {
  readonly left: number
  readonly right: number
  isIn(text: string): boolean
}

/** Five digits each; the product fits 32 bits. */
export function newComputed(random: () => number): Computed {
  const left = 40_000 + Math.floor(random() * 9_999)
  const right = 30_000 + Math.floor(random() * 11_999)
  const product = String(left * right)
  // Some engines write numbers in groups of three.
  const isIn = (text: string) =>
    standsAlone(text, product) || standsAlone(text.replaceAll(/(?<=\d)[,.\u00a0\u202f’](?=\d)/g, ''), product)
  return { left, right, isIn }
}

/** Not as a part of a longer number. */
function standsAlone(text: string, digits: string): boolean {
  for (let start = text.indexOf(digits); start !== -1; start = text.indexOf(digits, start + 1))
    if (!/\d/.test(`${text[start - 1] ?? ''}${text[start + digits.length] ?? ''}`)) return true
  return false
}

/** The answer that shows the product of a text sent at the place, directly or when it is read back; null where none does. */
export async function computes(
  probe: Probe,
  operation: Operation,
  owner: string,
  prepared: Prepared,
  text: string,
  computed: Computed,
): Promise<{ readonly shown: Answer | null; readonly answer: Answer }> {
  const alice = probe.identity(owner)
  const answer = await settled(probe, withText(operation, prepared.draft, prepared.place, text), alice)
  if (computed.isIn(answer.text)) return { shown: answer, answer }
  if (operation.method === 'GET' || answer.status >= 400) return { shown: null, answer }
  const thing = prepared.thing ?? (await madeThing(probe, operation, alice, answer))
  const back = await readBack(probe, thing, answer)
  return { shown: computed.isIn(back.text) ? back : null, answer }
}
