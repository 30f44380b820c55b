import { ManualClock, StoreError } from 'turnpike'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Gate } from '../../src/gate.ts'
import { startSweeper } from '../../src/server/sweeper.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { rememberingLog } from './running.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function gateWith(parts: Partial<Gate> & { readonly failing?: boolean }) {
  const { lines, log } = rememberingLog()
  const clock = new ManualClock()
  const memory = memoryState({ clock })
  const swept: string[] = []
  const watched = (name: 'claims' | 'quotas' | 'attempts' | 'revocations') => ({
    sweep: async (now: Date) => {
      swept.push(`${name} ${now.toISOString()}`)
      if (name === 'claims' && parts.failing) throw new StoreError('the disk is full')
    },
  })
  const state = {
    ...memory,
    claims: watched('claims'),
    quotas: watched('quotas'),
    attempts: watched('attempts'),
    revocations: watched('revocations'),
  }
  const identity = { sweep: async () => void swept.push('identity') }
  return { gate: { state, clock, log, identity, ...parts } as unknown as Gate, lines, swept }
}

it('erases what is over every minute, by the clock of the gate', async () => {
  const { gate, swept } = gateWith({})
  const sweeper = startSweeper(gate)
  await vi.advanceTimersByTimeAsync(59_999)
  expect(swept).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  const now = '2026-01-01T00:00:00.000Z'
  expect(swept).toEqual([`claims ${now}`, `quotas ${now}`, `attempts ${now}`, `revocations ${now}`, 'identity'])
  await sweeper.close()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(swept).toHaveLength(5)
})

it('a part that fails is logged and keeps no other from its turn', async () => {
  const { gate, swept, lines } = gateWith({ failing: true })
  await startSweeper(gate).sweep()
  expect(swept).toHaveLength(5)
  expect(lines).toMatchObject([{ level: 'error', facts: { part: 'claims', error: 'StoreError: the disk is full' } }])
})

it('a round that is under way is not begun again', async () => {
  const { gate, swept } = gateWith({})
  const sweeper = startSweeper(gate)
  await Promise.all([sweeper.sweep(), sweeper.sweep(), sweeper.close()])
  expect(swept).toHaveLength(5)
})
