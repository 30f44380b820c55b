import { randomUUID } from 'node:crypto'
import type { Express } from 'express'
import { describe, expect, it } from 'vitest'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { undeclaredFields } from '../../../src/prover/attacks/api3/undeclared-fields.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

interface Offer {
  readonly id: string
  readonly sellerId: string
}

const PRICE_CENTS = 2990
const json = (schema: object) => ({ 'application/json': { schema } })
const reply = (schema: object, status = '200') => ({ [status]: { description: 'Done.', content: json(schema) } })
const offer = { type: 'object', properties: { id: { type: 'string' }, title: { type: 'string', maxLength: 90 } } }
const order = {
  type: 'object',
  properties: { id: { type: 'string' }, buyer: { type: 'string' }, totalCents: { type: 'integer' } },
}
const item = (name: string) => ({ parameters: [{ name, in: 'path', required: true, schema: { type: 'string' } }] })

/** A market in which nobody buys what he sells. */
const document = notesDocument({
  paths: {
    '/notes': {},
    '/notes/{noteId}': {},
    '/offers': {
      get: { security: [], responses: reply({ type: 'array', items: offer }) },
      post: {
        requestBody: {
          required: true,
          content: json({
            type: 'object',
            required: ['title'],
            properties: { title: { type: 'string', maxLength: 90 } },
          }),
        },
        responses: reply(offer, '201'),
      },
    },
    '/offers/{offerId}': { ...item('offerId'), get: { security: [], responses: reply(offer) } },
    '/orders': {
      post: {
        requestBody: {
          required: true,
          content: json({ type: 'object', required: ['offerId'], properties: { offerId: { type: 'string' } } }),
        },
        responses: reply(order, '201'),
      },
    },
    '/orders/{orderId}': { ...item('orderId'), get: { responses: reply(order) } },
  },
})

function market({ isPriced = false, isOpen = false } = {}): NotesParts {
  const offers = new Map<string, Offer>()
  return {
    before: (app) => {
      app.get('/offers', (_request, response) => void response.json([...offers.values()]))
      app.get('/offers/:offerId', (request, response) => {
        const found = offers.get(request.params.offerId)
        response.status(found ? 200 : 404).json(found ?? { error: 'not found' })
      })
    },
    routes: (app: Express) => {
      const orders = new Map<string, { buyer: string; seller: string; totalCents: number; id: string }>()
      app.post('/offers', (request, response) => {
        const made = { ...(request.body as { title: string }), id: randomUUID(), sellerId: caller(response).id }
        offers.set(made.id, made)
        response.status(201).json(made)
      })
      app.post('/orders', (request, response) => {
        const { offerId, totalCents = PRICE_CENTS, ...more } = request.body as { offerId: string; totalCents?: number }
        const found = offers.get(offerId)
        const buyer = caller(response).id
        const isRefused = !isPriced && totalCents !== PRICE_CENTS
        if (!found || found.sellerId === buyer) return void response.status(409).json({ error: 'own offer' })
        if (isRefused || Object.keys(more).length > 0) return void response.status(400).json({ error: 'unknown field' })
        if (totalCents > 10_000) return void response.status(409).json({ error: 'balance too low' })
        const made = { id: randomUUID(), buyer, seller: found.sellerId, totalCents }
        orders.set(made.id, made)
        response.status(201).json(made)
      })
      app.get('/orders/:orderId', (request, response) => {
        const found = orders.get(request.params.orderId)
        const isParty = found && [found.buyer, found.seller].includes(caller(response).id)
        if (found && (isOpen || isParty))
          response.json({ id: found.id, buyer: found.buyer, totalCents: found.totalCents })
        else response.status(404).json({ error: 'not found' })
      })
    },
  }
}

describeAttack({
  attack: undeclaredFields,
  name: 'a price that the buyer sets, of what somebody else sells',
  document,
  vulnerable: market({ isPriced: true }),
  fixed: market(),
})

describe('an order of what somebody else of the run sells', () => {
  const people = (outcome: string, results: Awaited<ReturnType<typeof runAttacks>>['results']) =>
    results.filter((each) => each.operation === 'GET /orders/{orderId}' && each.outcome === outcome)

  it('is shown to its seller by intention', async () => {
    const server = await startNotes(market())
    try {
      const { results } = await runAttacks([objectRead], server.url, { document })
      expect(people('fail', results)).toEqual([])
      expect(people('pass', results).some(({ why }) => why.includes('was made with something of'))).toBe(true)
    } finally {
      await server.close()
    }
  })

  it('is a finding where a third person reads it', async () => {
    const server = await startNotes(market({ isOpen: true }))
    try {
      const { results } = await runAttacks([objectRead], server.url, { document })
      expect(people('fail', results).length).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })
})
