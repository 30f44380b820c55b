import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLoadShed, type Load, parseLoadShed } from '../../src/server/load-shed.ts'
import { rememberingLog } from './running.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const CALM: Load = { eventLoopDelayMilliseconds: 0, heapBytes: 0 }

function shedWith(load: { now: Load }) {
  const faults: string[] = []
  const settings = parseLoadShed(
    { maxEventLoopDelayMilliseconds: 100, maxHeapBytes: 20_000_000, maxOpenRequests: 10 },
    faults,
  )
  expect(faults).toEqual([])
  const { lines, log } = rememberingLog()
  let counted = 0
  let probeClosed = false
  const shed = createLoadShed(
    settings,
    log,
    () => {
      counted += 1
    },
    {
      sample: () => load.now,
      close: () => {
        probeClosed = true
      },
    },
  )
  return { shed, lines, counted: () => counted, probeClosed: () => probeClosed }
}

describe('load shedding', () => {
  it.each([
    ['late', { ...CALM, eventLoopDelayMilliseconds: 101 }, 1, /event loop is 101 ms late/],
    ['full', { ...CALM, heapBytes: 20_000_001 }, 1, /heap holds 20000001/],
    ['crowded', CALM, 11, /more than 10 requests/],
  ] as const)('turns requests away when %s, and takes them again afterwards', (_name, heavy, open, reason) => {
    const load = { now: CALM }
    const { shed } = shedWith(load)
    expect(shed.reason(10)).toBeNull()
    load.now = heavy
    vi.advanceTimersByTime(500)
    expect(shed.reason(open)).toMatch(reason)
    load.now = CALM
    vi.advanceTimersByTime(500)
    expect(shed.reason(10)).toBeNull()
    shed.close()
  })

  it('counts every request, and writes a line every ten seconds at most', () => {
    const { shed, lines, counted, probeClosed } = shedWith({ now: CALM })
    for (let count = 0; count < 1000; count++) shed.count('full')
    expect([counted(), lines.map(({ facts }) => facts.turnedAway)]).toEqual([1000, [1]])
    vi.advanceTimersByTime(10_500)
    expect(lines.map(({ facts }) => facts.turnedAway)).toEqual([1, 999])
    vi.advanceTimersByTime(60_000)
    expect(lines).toHaveLength(2)
    shed.close()
    expect(probeClosed()).toBe(true)
  })

  it('reads its options strictly', () => {
    const faults: string[] = []
    parseLoadShed(
      { maxOpenRequests: 0, maxHeapBytes: Number.NaN, retryAfterSeconds: 1.5, maxDelay: 3 } as never,
      faults,
    )
    expect(faults).toEqual([
      expect.stringContaining('unknown setting "loadShed.maxDelay"'),
      expect.stringContaining('loadShed.maxHeapBytes is NaN'),
      expect.stringContaining('loadShed.maxOpenRequests is 0'),
      expect.stringContaining('loadShed.retryAfterSeconds is 1.5'),
    ])
  })
})
