import { setImmediate as tick } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type AuditLogOptions, createAuditLog } from '../../src/audit/audit-log.ts'
import type { AuditState } from '../../src/audit/chain-tip.ts'
import { verifyAudit } from '../../src/audit/verify.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { StoreError } from '../../src/base/store-error.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { AuditRecords } from '../../src/stores/store.ts'
import { bodiesOf, event, recordsOf, refusal } from './audit-events.ts'
import { PooledState } from './pooled-state.ts'

const signer = { sign: () => ({ kid: 'k', signature: 's' }), verify: () => true, knows: () => true }

/** A log whose background rests unless a test wakes it. */
function logOf(state: AuditState, options: Partial<AuditLogOptions> = {}) {
  const failures: unknown[] = []
  const log = createAuditLog({
    state,
    node: 'n1',
    clock: new ManualClock(),
    checkpoints: null,
    onFailure: (error) => failures.push(error),
    flushEvery: 3_600_000,
    ...options,
  })
  return { log, failures }
}

async function expectWhole(audit: AuditRecords): Promise<void> {
  const report = await verifyAudit({ records: audit, checkpoints: null, signer })
  expect(report.nodes.flatMap(({ faults }) => faults)).toEqual([])
}

/** Some write of a unit that takes the database. */
const write = (state: ReturnType<typeof memoryState>) => state.dataKeys.destroy(`s${Math.random()}`)

describe('append', () => {
  it('writes who, what, where, when and the outcome, in one order', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    await log.append(event({ objects: ['invoice:1'], facts: { b: 2, a: 'x' } }))
    expect((await recordsOf(state.audit)).map(({ seq, body }) => [seq, body])).toEqual([
      [
        1,
        '{"at":"2026-01-01T00:00:00.000Z","type":"invoice.paid","outcome":"success","requestId":"r-1",' +
          '"principal":"https://issuer.example|alice","tenant":"t-1","addressKey":"192.0.2.1",' +
          '"endpoint":"POST /v1/invoices/:invoice/pay","code":null,"detail":null,"objects":["invoice:1"],"facts":{"a":"x","b":2}}',
      ],
    ])
  })

  it('links each record to the one before, a chain a node', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    const { log: other } = logOf(state, { node: 'n2' })
    for (const one of [log, log, other, log]) await one.append(event())
    const [first, second] = await recordsOf(state.audit)
    expect(second?.previous).toBe(first?.hash)
    expect((await recordsOf(state.audit, 'n2'))[0]?.previous).not.toBe(first?.previous)
    expect(await recordsOf(state.audit)).toHaveLength(3)
    await expectWhole(state.audit)
  })

  it('commits and rolls back with its unit', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    await state.transaction(() => log.append(event({ requestId: 'kept' })))
    const undone = state.transaction(async () => {
      await log.append(event({ requestId: 'undone' }))
      throw new Error('no')
    })
    await expect(undone).rejects.toThrow('no')
    await log.append(event({ requestId: 'next' }))
    expect((await bodiesOf(state.audit)).map(({ requestId }) => requestId)).toEqual(['kept', 'next'])
    await expectWhole(state.audit)
  })

  it.each([
    ['one connection', () => memoryState()],
    ['several connections', () => new PooledState(3)],
  ])('takes several events of one unit, one after another or at once: %s', async (_, open) => {
    const state = open()
    const { log } = logOf(state)
    await state.transaction(async () => {
      await log.append(event())
      await log.append(event())
      await Promise.all([log.append(event()), log.append(event()), log.append(event())])
    })
    await expect(
      state.transaction(async () => {
        await Promise.all([log.append(event()), log.append(event())])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    // After a rollback the tip is read anew, also when two of one unit come at once.
    await state.transaction(() => Promise.all([log.append(event()), log.append(event())]))
    expect(await recordsOf(state.audit)).toHaveLength(7)
    await expectWhole(state.audit)
  })

  it('goes on where it was after a restart', async () => {
    const state = memoryState()
    const before = logOf(state).log
    await before.append(event())
    await before.close()
    const { log } = logOf(state)
    await log.start()
    await log.append(event())
    expect((await recordsOf(state.audit)).map(({ seq }) => seq)).toEqual([1, 2])
    await expectWhole(state.audit)
  })

  it('goes on after a commit that the server made and the client never heard of', async () => {
    const state = new PooledState(2)
    const { log } = logOf(state)
    await log.append(event())
    state.afterCommit = () => {
      state.afterCommit = () => {}
      throw new StoreError('connection lost')
    }
    await expect(log.append(event())).rejects.toThrow('connection lost')
    await log.append(event())
    expect(await recordsOf(state.audit)).toHaveLength(3)
    await expectWhole(state.audit)
  })

  it('is a StoreError when the store fails, and works again afterwards', async () => {
    const state = new PooledState(2)
    const { log } = logOf(state)
    state.beforeWrite = () => {
      throw new StoreError('down')
    }
    await expect(log.append(event())).rejects.toThrow(StoreError)
    state.beforeWrite = () => {}
    await log.append(event())
    expect(await recordsOf(state.audit)).toHaveLength(1)
  })

  it('keeps secrets out and long texts short', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    await log.append(
      event({ detail: `Bearer abc.def-123 ${'x'.repeat(100_000)}`, facts: { key: `tp_ab12_${'S'.repeat(40)}` } }),
    )
    const [record] = await recordsOf(state.audit)
    expect(record?.body).not.toMatch(/abc\.def|SSSS/)
    expect(record?.body.length).toBeLessThan(2_000)
  })
})

describe('many units at once', () => {
  const rollbacks = fc.array(
    fc.record({ appends: fc.integer({ min: 1, max: 3 }), fails: fc.boolean(), writesFirst: fc.boolean() }),
    {
      minLength: 100,
      maxLength: 100,
    },
  )

  it.each([
    ['one connection', () => memoryState()],
    ['two connections', () => new PooledState(2)],
    ['ten connections', () => new PooledState(10)],
  ])('give one whole chain of exactly what was committed: %s', async (_, open) => {
    await fc.assert(
      fc.asyncProperty(rollbacks, async (units) => {
        const state = open()
        const { log, failures } = logOf(state, { flushEvery: 1 })
        const work = units.map(({ appends, fails, writesFirst }, index) =>
          state.transaction(async () => {
            if (writesFirst) await state.audit.append([])
            for (let n = 0; n < appends; n += 1) {
              log.note(event({ requestId: `note-${index}-${n}` }))
              await log.append(event({ requestId: `${index}-${n}` }))
            }
            if (fails) throw new Error('rolled back')
          }),
        )
        const results = await Promise.allSettled(work)
        await log.close()
        const ids = (await bodiesOf(state.audit)).map(({ requestId }) => String(requestId))
        const expected = units.flatMap(({ appends, fails }, index) =>
          Array.from({ length: appends }, (_item, n) =>
            (fails ? [] : [`${index}-${n}`]).concat(`note-${index}-${n}`),
          ).flat(),
        )
        expect(ids.sort()).toEqual(expected.sort())
        expect(results.map(({ status }) => status === 'rejected')).toEqual(units.map(({ fails }) => fails))
        expect(failures).toEqual([])
        await expectWhole(state.audit)
      }),
      { numRuns: 5 },
    )
  })

  it('never wait for each other: a group commit behind a unit that has the database and then appends', async () => {
    const state = memoryState()
    const { log, failures } = logOf(state)
    await state.transaction(async () => {
      await write(state)
      // A full batch: the background wants the database at once.
      for (let n = 0; n < 100; n += 1) log.note(event({ requestId: `note-${n}` }))
      await tick()
      await log.append(event({ requestId: 'unit' }))
    })
    await log.flush()
    const ids = (await bodiesOf(state.audit)).map(({ requestId }) => requestId)
    expect(ids[0]).toBe('unit')
    expect(ids).toHaveLength(101)
    expect(failures).toEqual([])
  })

  it('never wait for each other: a unit that only appends behind one that has the database and then appends', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    const holder = state.transaction(async () => {
      await write(state)
      await tick()
      await log.append(event({ requestId: 'holder' }))
    })
    await Promise.all([holder, log.append(event()), state.transaction(() => log.append(event()))])
    expect(await recordsOf(state.audit)).toHaveLength(3)
    await expectWhole(state.audit)
  })

  it('refuses to start on a store where they would', async () => {
    const state = memoryState()
    const audit = {
      ...bound(state.audit),
      append: async (records: readonly unknown[]) => (records.length === 0 ? undefined : Promise.reject(new Error())),
    }
    const { log } = logOf({ ...state, audit })
    await expect(log.start()).rejects.toThrow(TypeError)
  })
})

function bound(audit: AuditRecords): AuditRecords {
  return {
    head: (node) => audit.head(node),
    append: (records) => audit.append(records),
    read: (node, afterSeq, limit) => audit.read(node, afterSeq, limit),
    nodes: () => audit.nodes(),
  }
}

describe('note', () => {
  it('is stored in groups, in order, by itself', async () => {
    const state = memoryState()
    let transactions = 0
    const counting = {
      ...state,
      transaction: <T>(work: () => Promise<T>) => {
        transactions += 1
        return state.transaction(work)
      },
    }
    const { log } = logOf(counting, { flushEvery: 1 })
    for (let n = 0; n < 250; n += 1) log.note(event({ requestId: String(n) }))
    await vi.waitFor(async () => expect(await recordsOf(state.audit)).toHaveLength(250))
    expect((await bodiesOf(state.audit)).map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 250 }, (_, n) => String(n)),
    )
    expect(transactions).toBe(3)
  })

  it('outlives the unit in which it was noted', async () => {
    const state = memoryState()
    const { log, failures } = logOf(state, { flushEvery: 1 })
    const unit = state.transaction(async () => {
      log.note(event())
      throw new Error('no')
    })
    await expect(unit).rejects.toThrow('no')
    await vi.waitFor(async () => expect(await recordsOf(state.audit)).toHaveLength(1))
    expect(failures).toEqual([])
  })

  it('keeps its time, not that of the group commit', async () => {
    const state = memoryState()
    const clock = new ManualClock()
    const { log } = logOf(state, { clock })
    log.note(event())
    clock.advance(5_000)
    await log.flush()
    expect((await bodiesOf(state.audit))[0]?.at).toBe('2026-01-01T00:00:00.000Z')
  })

  it('never throws: an event that cannot be written is a failure and takes no other with it', async () => {
    const state = memoryState()
    const { log, failures } = logOf(state)
    log.note(event({ facts: { big: 1n as unknown as number } }))
    log.note(event({ requestId: 'good' }))
    await log.flush()
    expect(failures).toHaveLength(1)
    expect((await bodiesOf(state.audit)).map(({ requestId }) => requestId)).toEqual(['good'])
  })

  it('keeps what the store refuses, tells, and stores it later, each once', async () => {
    const state = new PooledState(2)
    const { log, failures } = logOf(state, { flushEvery: 1 })
    state.beforeWrite = () => {
      throw new StoreError('down')
    }
    for (let n = 0; n < 150; n += 1) log.note(event({ requestId: String(n) }))
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(2))
    expect(failures[0]).toBeInstanceOf(StoreError)
    await expect(log.flush()).rejects.toThrow(StoreError)
    state.beforeWrite = () => {}
    await vi.waitFor(async () => expect(await recordsOf(state.audit)).toHaveLength(150))
    expect((await bodiesOf(state.audit)).map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 150 }, (_, n) => String(n)),
    )
    await expectWhole(state.audit)
  })

  it('counts what a full queue has no room for, and when', async () => {
    const state = new PooledState(2)
    const clock = new ManualClock()
    const { log } = logOf(state, { maxQueue: 10, clock })
    state.beforeWrite = () => {
      throw new StoreError('down')
    }
    for (let n = 0; n < 25; n += 1) {
      log.note(event({ requestId: String(n) }))
      clock.advance(1_000)
    }
    await expect(log.flush()).rejects.toThrow('down')
    state.beforeWrite = () => {}
    await log.flush()
    const bodies = await bodiesOf(state.audit)
    expect(bodies.slice(0, 10).map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 10 }, (_, n) => String(n)),
    )
    expect(bodies.slice(10)).toEqual([
      expect.objectContaining({
        type: 'audit.dropped',
        outcome: 'failed',
        count: 15,
        firstAt: '2026-01-01T00:00:10.000Z',
        lastAt: '2026-01-01T00:00:24.000Z',
      }),
    ])
    await expectWhole(state.audit)
  })
})

describe('repeated refusals', () => {
  it('are one record at once and one that counts the rest', async () => {
    const state = memoryState()
    const clock = new ManualClock()
    const { log } = logOf(state, { clock })
    for (let n = 0; n < 1_000; n += 1) {
      log.note(refusal({ requestId: `r-${n}`, detail: `reason ${n}` }))
      clock.advance(10)
    }
    clock.advance(60_000)
    log.note(refusal({ requestId: 'later' }))
    await log.flush()
    expect(await bodiesOf(state.audit)).toEqual([
      expect.objectContaining({ requestId: 'r-0', detail: 'reason 0' }),
      expect.objectContaining({
        requestId: null,
        detail: null,
        count: 999,
        firstAt: '2026-01-01T00:00:00.010Z',
        lastAt: '2026-01-01T00:00:09.990Z',
      }),
      expect.objectContaining({ requestId: 'later' }),
    ])
  })

  it.each([
    ['type', { type: 'login.refused' }],
    ['code', { code: 'forbidden' }],
    ['endpoint', { endpoint: 'GET /' }],
    ['address of nobody', { addressKey: '192.0.2.2' }],
    ['principal', { principal: 'issuer|bob' }],
    ['outcome', { outcome: 'failed' as const }],
  ])('of another %s are apart', async (_, changes) => {
    const state = memoryState()
    const { log } = logOf(state)
    for (let n = 0; n < 3; n += 1) {
      log.note(refusal())
      log.note(refusal(changes))
    }
    await log.flush()
    expect((await bodiesOf(state.audit)).map(({ count }) => count)).toEqual([undefined, undefined, 2, 2])
  })

  it('of one principal are together, whatever the address', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    for (let n = 0; n < 4; n += 1) log.note(refusal({ principal: 'issuer|bob', addressKey: `192.0.2.${n}` }))
    await log.flush()
    expect((await bodiesOf(state.audit)).map(({ count }) => count)).toEqual([undefined, 3])
  })

  it('are counted by flush at once, each once', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    const noteTwice = async () => {
      log.note(refusal())
      log.note(refusal())
      await log.flush()
    }
    await noteTwice()
    await noteTwice()
    await log.flush()
    expect((await bodiesOf(state.audit)).map(({ count }) => count)).toEqual([undefined, 1, 2])
  })

  it('come by themselves when their window has passed', async () => {
    const state = memoryState()
    const { log } = logOf(state, { clock: { now: () => Date.now() }, flushEvery: 1, foldSeconds: 0.02 })
    log.note(refusal())
    log.note(refusal())
    await vi.waitFor(async () =>
      expect((await bodiesOf(state.audit)).map(({ count }) => count)).toEqual([undefined, 1]),
    )
  })

  it('never fold successes', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    for (let n = 0; n < 5; n += 1) log.note(event())
    await log.flush()
    expect(await recordsOf(state.audit)).toHaveLength(5)
  })

  it('from ever new addresses write a bounded number of records and stay counted', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    for (let n = 0; n < 20_000; n += 1) log.note(refusal({ addressKey: `2001:db8:${n.toString(16)}::` }))
    await log.close()
    const bodies = await bodiesOf(state.audit)
    expect(bodies.length).toBeLessThan(1_100)
    const total = bodies.reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 1), 0)
    expect(total).toBe(20_000)
    expect(bodies.at(-1)).toMatchObject({ addressKey: '*', principal: '*' })
  })
})

describe('flush and close', () => {
  it('flush waits for what was noted while another flush was under way', async () => {
    const state = new PooledState(1)
    const { log } = logOf(state)
    log.note(event())
    const first = log.flush()
    log.note(event())
    await Promise.all([first, log.flush()])
    expect(await recordsOf(state.audit)).toHaveLength(2)
  })

  it('flush inside a unit that has written says that it would wait for itself', async () => {
    const state = memoryState()
    const { log } = logOf(state)
    await state.transaction(async () => {
      await write(state)
      await expect(log.flush()).rejects.toThrow(TypeError)
    })
  })

  it('close stores what waits and ends the log', async () => {
    const state = memoryState()
    const { log, failures } = logOf(state)
    log.note(refusal())
    log.note(refusal())
    await log.close()
    await log.close()
    expect((await bodiesOf(state.audit)).map(({ count }) => count)).toEqual([undefined, 1])
    await expect(log.append(event())).rejects.toThrow(StoreError)
    log.note(event())
    expect(failures).toHaveLength(1)
    expect(await recordsOf(state.audit)).toHaveLength(2)
  })

  it.each([
    ['node', { node: 'a b' }],
    ['node', { node: '' }],
    ['maxQueue', { maxQueue: 0 }],
    ['flushEvery', { flushEvery: -1 }],
    ['foldSeconds', { foldSeconds: Number.NaN }],
  ])('a wrong %s is refused', (_, options) => {
    expect(() => logOf(memoryState(), options)).toThrow(/node|maxQueue|flushEvery|foldSeconds/)
  })
})
