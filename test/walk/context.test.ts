import { describe, expect, it } from 'vitest'
import type { AppContext } from '../../src/contract/context.ts'
import { NOBODY } from '../../src/contract/principal.ts'
import { RequestSignal } from '../../src/guards/deadline.ts'
import { createContext } from '../../src/walk/context.ts'
import { Walk } from '../../src/walk/walk.ts'
import { smallGate } from '../support/small-gate.ts'

async function contextWith(members: object) {
  const { gate } = await smallGate({}, { context: () => members as AppContext })
  const [endpoint] = gate.api.endpoints
  if (!endpoint) throw new Error('the small API has no endpoint')
  const signal = new RequestSignal()
  return { signal, ...createContext(NOBODY, gate.planOf(endpoint), new Walk('GET'), signal, gate) }
}

describe('the context of a request', () => {
  it('has the members of the application, none of which replaces ours', async () => {
    const theirs = { db: 1, principal: 2, requestId: 3, now: 4, signal: 5, audit: 6, fetch: 7, seal: 8, client: 9 }
    const { context } = await contextWith(theirs)
    expect(context).toMatchObject({ db: 1, principal: NOBODY })
    for (const [name, value] of Object.entries(theirs)) {
      if (name !== 'db') expect(Reflect.get(context, name), name).not.toBe(value)
    }
  })

  it('can be taken apart', async () => {
    const { context, noted, signal } = await contextWith({})
    const { now, audit, signal: aborted } = context
    audit('note.burnt', { pages: 2 })
    expect(now()).toBeInstanceOf(Date)
    expect(noted).toEqual([{ type: 'note.burnt', facts: { pages: 2 } }])
    expect(aborted).toBe(signal.signal)
  })
})
