import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HELD } from './attack.ts'
import { api7, api7WithLoopback, type Inner, testWebhook } from './attacks/api7.ts'
import { undeclaredAnswers } from './declared-answers.ts'
import { closeDatabase, FAST, nameOf, startTarget, VARIANTS } from './harness.ts'
import { startInnerListeners } from './inner-listeners.ts'

afterAll(closeDatabase)

describe.each(VARIANTS.map((variant) => ({ name: nameOf(variant), variant })))(
  'API7 server-side requests: $name',
  ({ variant }) => {
    let inner: Inner
    beforeAll(async () => {
      const listeners = await startInnerListeners()
      inner = { listeners, target: await startTarget(variant, listeners.settings()) }
    })
    afterAll(async () => {
      await inner.target.close()
      await inner.listeners.close()
    })

    for (const { number, title, run } of api7)
      it(`${number} ${title}`, async () => expect(await run(inner)).toEqual(HELD))

    it('101 the reason is told to the audit log, not to the caller', async () => {
      const answer = await testWebhook(inner.target, `https://127.0.0.1:${inner.listeners.port}/`)
      expect(inner.target.audit.at(-1)).toMatchObject({
        code: 'outbound_denied',
        detail: '127.0.0.1 is at 127.0.0.1, which is not public',
      })
      expect(Object.keys(answer.json).sort()).toEqual(['code', 'requestId', 'status', 'title', 'type'])
    })

    it('122 every answer that was seen is declared', () => {
      expect(undeclaredAnswers(inner.target)).toEqual([])
    })
  },
)

describe('API7 server-side requests that may reach the loopback', () => {
  let inner: Inner
  beforeAll(async () => {
    const listeners = await startInnerListeners()
    inner = { listeners, target: await startTarget(FAST, listeners.settings({ dangerouslyAllowLoopback: true })) }
  })
  afterAll(async () => {
    await inner.target.close()
    await inner.listeners.close()
  })

  for (const { number, title, run } of api7WithLoopback)
    it(`${number} ${title}`, async () => expect(await run(inner)).toEqual(HELD))
})
