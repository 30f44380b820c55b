import { expect, it } from 'vitest'
import { CHECKS } from '../../src/checks.ts'
import { switchboard } from '../../src/drill/switchboard.ts'

it('takes checks away and puts them back while a gate holds the same record', async () => {
  const { checks, put } = switchboard()
  const lookup = async () => ['127.0.0.1']
  const target = { origin: 'http://a', secure: false, host: 'inner.example', port: 80, path: '/' }
  expect(checks.bodySize(10)).toBe(10)
  expect(Object.keys(checks)).toEqual(Object.keys(CHECKS))
  put({ checks: { bodySize: () => 1_000 }, outbound: { addresses: async () => ['10.0.0.1'] } })
  expect(checks.bodySize(10)).toBe(1_000)
  expect(checks.jsonDepth(4)).toBe(4)
  expect(await checks.outbound.addresses(target, { lookup } as never)).toEqual(['10.0.0.1'])
  put({ checks: { jsonDepth: () => 9 } })
  expect([checks.bodySize(10), checks.jsonDepth(4)]).toEqual([10, 9])
  put({})
  expect([checks.bodySize(10), checks.jsonDepth(4), checks.outbound.answerBytes(7)]).toEqual([10, 4, 7])
})
