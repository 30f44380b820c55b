import { afterAll, describe, expect, it } from 'vitest'
import { COMPARED } from '../bench/contenders/all.ts'
import type { Running } from '../bench/contenders/contender.ts'
import { SCALE_GROUPS } from '../bench/contenders/scale.ts'
import { load } from '../bench/load.ts'
import { differences } from '../bench/same-work.ts'
import { spreadOf } from '../bench/statistics.ts'

const started: Running[] = []
afterAll(() => Promise.all(started.map((running) => running.close())))

// Two of each group: the largest ones take seconds to fill and answer in the same way.
const GROWN = Object.values(SCALE_GROUPS).flatMap((group) => group.slice(0, 2))

describe('the contenders of the bench', () => {
  it.each([...COMPARED, ...GROWN].map((contender) => ({ name: contender.name, contender })))(
    '$name does the same work',
    async ({ contender }) => {
      const running = await contender.start()
      started.push(running)
      expect(await differences(contender, running)).toEqual([])
      const { requests } = await load({ ...running, connections: 2, milliseconds: 0 })
      expect(requests).toBe(2)
    },
  )

  it('counts what differs', async () => {
    const [bare] = COMPARED
    if (!bare) throw new Error('there is no contender')
    const running = await bare.start()
    started.push(running)
    const found = await differences({ ...bare, guarded: true }, running)
    expect(found.join('\n')).toContain('status without a token: 200 instead of 401')
    expect(found.join('\n')).toContain('cache-control')
  })

  it('refuses a load whose replies are not what they should be', async () => {
    const [bare] = COMPARED
    if (!bare) throw new Error('there is no contender')
    const running = await bare.start()
    started.push(running)
    const calls = [{ path: '/api/v1/invoices/no-id', token: null }]
    await expect(load({ port: running.port, calls, connections: 1, milliseconds: 0 })).rejects.toThrow('400')
  })
})

it('tells the middle and the ends of a list', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 })
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, low: 1, high: 4 })
})
