import { describe, expect, it } from 'vitest'
import type { Answer } from '../../../src/prover/engine/exchange.ts'
import { type Door, limitOf, Patience } from '../../../src/prover/engine/patience.ts'
import { Slots } from '../../../src/prover/engine/slots.ts'
import { inPhases, type Scheduled } from '../../../src/prover/schedule.ts'

const answer = (status: number, retryAfter?: string): Answer => ({
  status,
  failure: null,
  headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter },
  text: '',
  json: undefined,
  milliseconds: 1,
  exchange: 1,
})

/** A clock that waiting moves. */
function patience(maxWaitSeconds = 65) {
  let now = 0
  const waits: number[] = []
  const wait = async (milliseconds: number) => {
    waits.push(milliseconds)
    now += milliseconds
  }
  const target = { base: new URL('http://127.0.0.1'), origins: [], now: () => now, wait, timeIsOurs: false }
  return { patient: new Patience({ target, maxWaitSeconds, slots: new Slots(), wait }), waits, now: () => now }
}

/** So many are let through in each minute and for each door. */
function window(limit: number, now: () => number) {
  const taken = new Map<string, number>()
  return async (door: Door) => {
    const key = `${door} ${Math.floor(now() / 60_000)}`
    const count = (taken.get(key) ?? 0) + 1
    taken.set(key, count)
    return count <= limit ? answer(200) : answer(429, String(60 - Math.floor((now() % 60_000) / 1000)))
  }
}

describe('patience', () => {
  it('lets those who wait for one limit ask in turn, so that each gets through', async () => {
    const { patient, waits, now } = patience()
    const ask = window(5, now)
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => patient.ask('one', [undefined], ask, [429, 503])),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    // Forty at five a minute are eight minutes, and seven waits of all together.
    expect(waits).toHaveLength(7)
  })

  it('sends from another address of its own before it waits, where addresses are counted', async () => {
    const { patient, waits, now } = patience()
    const ask = window(5, now)
    for (let count = 0; count < 12; count++)
      expect((await patient.ask('one', [undefined, '127.0.0.2', '127.0.0.3'], ask, [429])).status).toBe(200)
    expect(waits).toEqual([])
  })

  it('waits where an account is counted, and keeps nobody else back', async () => {
    const { patient, now } = patience()
    const asked: Door[] = []
    const locked = (door: Door) => {
      asked.push(door)
      return Promise.resolve(now() < 30_000 ? answer(429, '30') : answer(200))
    }
    const doors = [undefined, '127.0.0.2', '127.0.0.3']
    expect((await patient.ask('sign-in', doors, locked, [429])).status).toBe(200)
    // Not all addresses one after the other.
    expect(asked).toEqual([undefined, '127.0.0.2', '127.0.0.2'])
  })

  it('gives the refusal back where it would take too long, or waiting is in vain', async () => {
    const short = patience(10)
    expect((await short.patient.ask('one', [undefined], async () => answer(429, '11'), [429])).status).toBe(429)
    expect(short.waits).toEqual([])
    const { patient, waits } = patience()
    expect((await patient.ask('one', [undefined], async () => answer(503, '1'), [429, 503])).status).toBe(503)
    expect(waits).toHaveLength(3)
    expect((await patient.ask('one', [undefined], async () => answer(429, 'soon'), [429])).status).toBe(429)
  })

  it('takes ids of one operation for one limit', () => {
    expect(limitOf('GET', '/v1/invoices/17/lines', 'bob')).toBe('GET /v1/invoices/*/lines bob')
    expect(limitOf('GET', '/v1/invoices', 'bob')).not.toBe(limitOf('GET', '/v1/invoices', 'alice'))
  })
})

describe('cases of a run', () => {
  const one = (phase: Scheduled['phase'], operation: string) => ({ phase, operation, name: `${phase} ${operation}` })

  it('go on while others wait, and those that burn a limit never meet on it', async () => {
    const slots = new Slots()
    const log: string[] = []
    let end = () => {}
    const limit = new Promise<void>((done) => {
      end = done
    })
    const cases = [
      one('exhausting', 'a'),
      one('normal', 'waits'),
      one('normal', 'b'),
      one('destructive', 'c'),
      one('exhausting', 'a'),
      one('exhausting', 'd'),
    ]
    let open = 0
    await inPhases(cases, 1, slots, async ({ name, operation }) => {
      log.push(name)
      if (operation === 'waits') return slots.away(limit).then(() => void log.push('waited'))
      if (operation === 'a') {
        expect(++open).toBe(1)
        await slots.away(new Promise((done) => setImmediate(done)))
        open--
      }
      if (operation === 'd') end()
    })
    expect(log.slice(0, 3)).toEqual(['normal waits', 'normal b', 'destructive c'])
    expect(log.indexOf('exhausting d')).toBeLessThan(log.indexOf('waited'))
    expect(log.filter((each) => each === 'exhausting a')).toHaveLength(2)
  })

  it('come in their phases where nobody waits', async () => {
    const log: string[] = []
    await inPhases(
      [one('exhausting', 'a'), one('destructive', 'b'), one('normal', 'c')],
      4,
      new Slots(),
      async (each) => {
        await new Promise((done) => setImmediate(done))
        log.push(each.name)
      },
    )
    expect(log).toEqual(['normal c', 'destructive b', 'exhausting a'])
  })
})
