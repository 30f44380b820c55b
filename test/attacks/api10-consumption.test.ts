import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selfSigned } from '../guards/outbound-certificate.ts'
import { HELD } from './attack.ts'
import { upstreamAttacks, webhookAttacks } from './attacks/api10.ts'
import { type Consumer, startConsumer } from './consumer.ts'

describe.each(['fastify', 'node'] as const)('API10 consumption of other APIs: %s', (adapter) => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await startConsumer(adapter)
  })
  afterAll(() => consumer.close())

  for (const { number, title, run } of [...upstreamAttacks, ...webhookAttacks])
    it(`${number} ${title}`, async () => expect(await run(consumer)).toEqual(HELD))
})

describe('API10 an upstream that is not who it says', () => {
  it.each([
    ['its certificate is of an unknown authority', selfSigned(['127.0.0.1'])],
    ['its certificate is for another name', selfSigned(['rates.example'])],
  ])('128 %s: not a byte of the request reaches it (lesson 9)', async (_why, certificate) => {
    const consumer = await startConsumer('node', { certificate })
    let asked = 0
    consumer.upstream = (_request, response) => {
      asked++
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"rate":1,"label":"x"}')
    }
    const answer = await consumer.askRate()
    await consumer.close()
    expect([answer.status, answer.json.code, asked, consumer.kept.length]).toEqual([502, 'upstream_failed', 0, 0])
  })
})
