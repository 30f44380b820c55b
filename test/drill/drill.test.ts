import { randomUUID } from 'node:crypto'
import { api, endpoint, owns, plain, reads, resource, role, signedIn } from 'turnpike'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { trial as billing } from '../../examples/billing/trial.ts'
import notes from '../../examples/first-api/api.ts'
import { drill, hasSurvivors } from '../../src/drill/drill.ts'
import { mutationsOf } from '../../src/drill/mutations.ts'
import { defaultTrial } from '../../src/drill/trial.ts'

it('leaves no survivor on the demo, and tries everything', { timeout: 300_000 }, async () => {
  const seen: number[] = []
  const report = await drill(billing, { onResult: (_result, { done }) => seen.push(done) })
  const some = (wanted: string) =>
    report.results.filter(({ outcome }) => outcome === wanted).map(({ id, by }) => [id, by])
  expect(some('survived')).toEqual([])
  expect(some('untried')).toEqual([])
  expect(report.results.map(({ id }) => id)).toEqual(mutationsOf(billing.api).map(({ id }) => id))
  expect(seen).toEqual(report.results.map((_, index) => index + 1))
  expect(report.layers.map(({ risk, outcome }) => [risk, outcome])).toEqual(
    ['API1', 'API2', 'API3', 'API4', 'API5', 'API6', 'API7', 'API8', 'API9'].map((risk) => [risk, 'red']),
  )
  const of = (id: string) => report.results.find((each) => each.id === id)
  expect(of('owner-check-true GET /api/v1/invoices/:invoice')).toMatchObject({ outcome: 'held', by: ['reply rows'] })
  expect(of('owner-check-true POST /api/v1/invoices/:invoice/pay')).toMatchObject({ outcome: 'killed' })
  expect(of('once-off POST /api/v1/invoices/:invoice/pay')).toMatchObject({
    outcome: 'held',
    by: ["the application's own checks (409)"],
  })
  expect(hasSurvivors(report)).toBe(false)
})

const blind = endpoint('POST /v1/pings', {
  summary: 'Say something that nobody keeps',
  body: z.strictObject({ note: z.string().max(20) }),
  access: signedIn,
  limit: '30/minute',
  reply: plain(z.strictObject({ ok: z.boolean() }), 'a word, nothing of anybody'),
  handle: () => ({ ok: true }),
})

it('says so when a protection can be taken away unseen', async () => {
  const report = await drill(defaultTrial(api({ title: 'Blind', endpoints: [blind] })), {
    only: ['strict-off', 'limit-gone'],
  })
  expect(report.results).toMatchObject([
    { id: 'strict-off POST /v1/pings', outcome: 'survived' },
    { id: 'limit-gone POST /v1/pings', outcome: 'killed', by: ['no-rate-limit'] },
  ])
  expect(hasSurvivors(report)).toBe(true)
})

it('drills a module without a trial, and says what there is nothing to try with', async () => {
  const { results, layers } = await drill(defaultTrial(notes))
  const by = (wanted: string) => results.filter(({ outcome }) => outcome === wanted)
  expect(by('survived')).toEqual([])
  expect(by('untried').map(({ id, by: [why] }) => [id, why])).toEqual([
    ['keys-as-people POST /v1/notes', 'the API makes no API keys'],
    ['keys-as-people GET /v1/notes/:note', 'the API makes no API keys'],
    ['revocation-off', 'no operation that ends a session is known'],
  ])
  expect(layers.every(({ outcome }) => outcome === 'red')).toBe(true)
})

it('puts a protection back before the next is drilled', async () => {
  const only = ['owner-check-true', 'reply-open']
  const [together, alone] = [
    await drill(defaultTrial(notes), { only }),
    await drill(defaultTrial(notes), { only: only.slice(1) }),
  ]
  expect(together.results.slice(1)).toEqual(alone.results)
})

it('drills nothing that changes nothing: a field that every reader of the row may read', () => {
  const withField = (read: ReturnType<typeof owns>) =>
    resource('card', {
      schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(64), number: z.string().max(20) }),
      id: 'id',
      owner: 'ownerId',
      tenant: null,
      fields: { number: { read } },
      find: () => [],
    })
  const kinds = (card: ReturnType<typeof withField>) => {
    const readCard = endpoint('GET /v1/cards/:card', {
      summary: 'Read a card',
      params: { card },
      access: reads('card'),
      limit: '10/minute',
      reply: card.view,
      handle: ({ card: row }) => row,
    })
    return mutationsOf(api({ title: 'Cards', endpoints: [readCard] })).map(({ kind }) => kind)
  }
  expect(kinds(withField(owns('card')))).not.toContain('field-readable')
  expect(kinds(withField(role('clerk') as never))).toContain('field-readable')
})

it('refuses an API that an attack goes through as it is: everything would look noticed', async () => {
  const notebook = resource('note', {
    schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(64), card: z.string().max(200) }),
    id: 'id',
    owner: 'ownerId',
    tenant: null,
    find: () => [],
  })
  const readNewest = endpoint('GET /v1/notes/newest', {
    summary: 'Read the newest note',
    access: signedIn,
    limit: '30/minute',
    reply: notebook.view,
    handle: (_input, { principal }) => ({
      id: randomUUID(),
      ownerId: principal.id,
      card: '5555555555554444',
    }),
  })
  const trial = defaultTrial(api({ title: 'Leak', endpoints: [readNewest] }))
  await expect(drill(trial, { only: ['reply-open'] })).rejects.toThrow(/^secret-in-reply goes through/)
})

it('stops when it is told to', async () => {
  const stop = new AbortController()
  const { results } = await drill(defaultTrial(notes), { signal: stop.signal, onResult: () => stop.abort() })
  expect(results).toHaveLength(1)
})
