import { anyone, api, endpoint, nothing, plain, Secret, signedBy, signedIn } from 'turnpike'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { drill } from '../../src/drill/drill.ts'
import { trial } from '../../src/drill/trial.ts'

const results = endpoint('POST /hooks/lab', {
  summary: 'Take a result of the laboratory',
  body: signedBy('lab', z.strictObject({ sample: z.string().max(40) })),
  access: anyone('the laboratory signs what it sends'),
  limit: '100/minute',
  reply: nothing,
  handle: () => {},
})

const ping = endpoint('POST /pings', {
  summary: 'Call an address',
  body: z.strictObject({ url: z.url().max(2000) }),
  access: signedIn,
  limit: '10/minute',
  outbound: 'public',
  reply: plain(z.strictObject({ status: z.int().min(100).max(599) }), 'a status, nothing of the answer'),
  handle: async ({ body }, { fetch }) => ({ status: (await fetch(body.url, { reply: 'discard' })).status }),
})

const laboratory = trial({
  api: api({ title: 'Laboratory', endpoints: [results, ping] }),
  open: () => ({ webhookSecrets: { lab: new Secret('secret-of-the-laboratory-0123456789') } }),
})

it('notices webhooks without signature, deliveries taken twice, and calls to any address', async () => {
  const { results: found } = await drill(laboratory, { only: ['webhook-unsigned', 'webhook-replayed', 'egress-open'] })
  expect(Object.fromEntries(found.map(({ id, outcome, by }) => [id.split(' ')[0], [outcome, by]]))).toEqual({
    'webhook-unsigned': ['killed', ['forged-delivery']],
    'webhook-replayed': ['killed', ['replayed-delivery']],
    'egress-open': ['killed', [expect.any(String)]],
  })
})
