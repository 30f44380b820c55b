import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallGate } from '../support/small-gate.ts'
import { HELD } from './attack.ts'
import { api1 } from './attacks/api1.ts'
import { api1Small } from './attacks/api1-small.ts'
import { FAST, startTarget, type Target } from './harness.ts'
import { describeAttacks } from './suite.ts'

describeAttacks('API1 object level', api1)

describe('API1 object level: an issuer that signs with Ed25519 and publishes its keys', () => {
  let target: Target
  beforeAll(async () => {
    target = await startTarget({ ...FAST, identity: 'EdDSA' })
  })
  afterAll(() => target?.close())
  it.each(api1.filter(({ needs }) => needs === undefined))('$number $title', async ({ run }) => {
    expect(await run(target)).toEqual(HELD)
  })
})

describe('API1 object level: children and lists of ids, on the small API', () => {
  it.each(Object.values(api1Small))('$number $title', async ({ run }) => {
    expect(await run(await smallGate())).toEqual(HELD)
  })
})
