import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from './attack.ts'
import { HELD } from './attack.ts'
import { undeclaredAnswers } from './declared-answers.ts'
import { closeDatabase, nameOf, startTarget, type Target, VARIANTS, type Variant } from './harness.ts'

/**
 * Runs the attacks of a risk on every variant of the demo; each must be held. At last, every answer that was seen must be declared.
 * @param more - Further tests of the same target.
 */
export function describeAttacks(
  risk: string,
  attacks: readonly Attack<Target>[],
  more: (target: () => Target, variant: Variant) => void = () => {},
): void {
  describe.each(VARIANTS.map((variant) => ({ name: nameOf(variant), variant })))(`${risk}: $name`, ({ variant }) => {
    let started: Target | undefined
    const target = (): Target => {
      if (!started) throw new TypeError('the target did not start')
      return started
    }
    // A database takes its time on a busy machine.
    beforeAll(async () => {
      started = await startTarget(variant)
    }, 120_000)
    afterAll(() => started?.close())

    for (const { number, title, needs, run } of attacks) {
      if (needs === 'users' && variant.identity !== 'local') continue
      it(`${number} ${title}`, async () => {
        expect(await run(target())).toEqual(HELD)
      })
    }
    more(target, variant)

    it('122 every answer that was seen is declared', () => {
      expect(undeclaredAnswers(target())).toEqual([])
    })
  })
  afterAll(closeDatabase)
}
