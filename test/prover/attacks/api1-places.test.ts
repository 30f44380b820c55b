import { randomUUID } from 'node:crypto'
import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { batchMixed } from '../../../src/prover/attacks/api1/batch-mixed.ts'
import { duplicateKey } from '../../../src/prover/attacks/api1/duplicate-key.ts'
import { idInBody } from '../../../src/prover/attacks/api1/id-in-body.ts'
import { idInHeader } from '../../../src/prover/attacks/api1/id-in-header.ts'
import { idInQuery } from '../../../src/prover/attacks/api1/id-in-query.ts'
import { idSpelling } from '../../../src/prover/attacks/api1/id-spelling.ts'
import { idWrapped } from '../../../src/prover/attacks/api1/id-wrapped.ts'
import { parameterPollution } from '../../../src/prover/attacks/api1/parameter-pollution.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { allOwn, batchDocument, noteBatches, notePlaces, placesDocument } from '../fixtures/note-places.ts'
import { caller, type Note, type NotesState, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const sound = { routes: notePlaces() }
const open = { routes: notePlaces({ mayHave: () => true }) }
const isOwner = (note: Note | undefined, response: Response) => note?.ownerId === caller(response).id

for (const attack of [idInQuery, idInHeader])
  describeAttack({ attack, document: placesDocument, vulnerable: open, fixed: sound })
describeAttack({ attack: idInBody, name: 'names it', document: placesDocument, vulnerable: open, fixed: sound })

describeAttack({
  attack: idInBody,
  name: 'an id that wins over the path',
  vulnerable: {
    strict: false,
    update(request, response, { notes }) {
      if (!ownNote(request, response, notes)) return
      const { id, title } = request.body as { id?: string; title?: string }
      const target = notes.get(id ?? String(request.params.noteId)) as Note
      notes.set(target.id, { ...target, title: title ?? target.title })
      response.json(notes.get(target.id))
    },
  },
  fixed: { strict: false },
})

describeAttack({
  attack: idInHeader,
  name: 'who one is',
  vulnerable: {
    list(request, response, { notes }) {
      const who = request.headers['x-user-id'] ?? caller(response).id
      response.json({ items: [...notes.values()].filter(({ ownerId }) => ownerId === who) })
    },
  },
})

describeAttack({
  attack: idInHeader,
  name: 'a cookie',
  vulnerable: {
    list(request, response, { notes }) {
      const who = /(?:^|; )userId=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? caller(response).id
      response.json({ items: [...notes.values()].filter(({ ownerId }) => ownerId === who) })
    },
  },
})

describeAttack({
  attack: batchMixed,
  document: batchDocument,
  vulnerable: { routes: noteBatches(([first], response) => isOwner(first, response)) },
  fixed: { routes: noteBatches(allOwn) },
})

describeAttack({
  attack: parameterPollution,
  document: placesDocument,
  vulnerable: {
    routes: notePlaces({
      mayHave: (note, response, request) => {
        const named = request.query.noteId
        return Array.isArray(named) ? named.length > 1 : isOwner(note, response)
      },
      idOf: (value) => (Array.isArray(value) ? value.at(-1) : value),
    }),
  },
  fixed: sound,
})

describeAttack({
  attack: parameterPollution,
  name: 'query beside the path',
  vulnerable: {
    read(request, response, { notes }) {
      if (!ownNote(request, response, notes)) return
      const { noteId } = { ...request.params, ...request.query }
      response.json(notes.get(String(noteId)) ?? {})
    },
  },
})

/** A check that takes the first of two keys, before a parser that takes the last. */
const firstOfTwo = (request: Request): string | undefined =>
  /"noteId":"([^"]+)"/.exec((request as Request & { raw?: string }).raw ?? '')?.[1]

describeAttack({
  attack: duplicateKey,
  document: placesDocument,
  vulnerable: {
    before: (app) => {
      app.use((request, _response, next) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => Object.assign(request, { raw: Buffer.concat(chunks).toString() }))
        next()
      })
    },
    routes: (app, state: NotesState) =>
      notePlaces({
        mayHave: (_note, response, request) => isOwner(state.notes.get(firstOfTwo(request) ?? ''), response),
      })(app, state),
  },
  fixed: sound,
})

describeAttack({
  attack: idWrapped,
  document: placesDocument,
  vulnerable: {
    routes: notePlaces({
      mayHave: (note, response, request) =>
        typeof (request.body as { noteId?: unknown } | undefined)?.noteId === 'string' ? isOwner(note, response) : true,
      idOf: (value) => (Array.isArray(value) ? value.at(-1) : value),
    }),
  },
  fixed: sound,
})

/** Notes with ids that are counted, and a reader that takes `07` for `7`. */
const counted = (lax: boolean) => ({
  create(request: Request, response: Response, { notes }: NotesState) {
    const { title, text } = request.body as { title: string; text?: string }
    const note = { id: String(notes.size + 1), ownerId: caller(response).id, title, text: text ?? '' }
    notes.set(note.id, note)
    response.status(201).json(note)
  },
  read(request: Request, response: Response, { notes }: NotesState) {
    const id = String(request.params.noteId)
    const exact = notes.get(id)
    if (exact && exact.ownerId !== caller(response).id) return void response.status(403).json({ error: 'not yours' })
    const note = lax ? notes.get(String(Number(id))) : exact
    if (note) response.json(note)
    else response.status(404).json({ error: 'not found' })
  },
})

describeAttack({ attack: idSpelling, vulnerable: counted(true), fixed: counted(false) })

describe('ids in other places: what is not reported', () => {
  it('says not tested, not held, where the plain request goes through', async () => {
    const server = await startNotes({
      ...open,
      read: (request, response, { notes }) => void response.json(notes.get(String(request.params.noteId)) ?? {}),
    })
    try {
      const { counts, results } = await runAttacks([parameterPollution, idWrapped, idSpelling], server.url, {
        document: placesDocument,
      })
      expect(counts.fail).toBe(0)
      expect(counts.pass, JSON.stringify(results)).toBe(0)
      expect(counts['not-tested']).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })

  it('lets people act on what is open to all: an order takes from a product that somebody offers', async () => {
    const products = new Map<string, { id: string; sellerId: string; name: string; stock: number }>()
    const product = {
      type: 'object',
      properties: {
        id: { type: 'string' },
        sellerId: { type: 'string' },
        name: { type: 'string', maxLength: 99 },
        stock: { type: 'integer', readOnly: true },
      },
    }
    const json = (schema: object) => ({ 'application/json': { schema } })
    const reply = (schema: object, status = '200') => ({ [status]: { description: 'Done.', content: json(schema) } })
    const document = notesDocument({
      paths: {
        '/products': {
          get: { responses: reply({ type: 'array', items: product }) },
          post: {
            requestBody: {
              content: json({
                type: 'object',
                required: ['name'],
                properties: { name: { type: 'string', maxLength: 99 } },
              }),
            },
            responses: reply(product, '201'),
          },
        },
        '/products/{productId}': {
          get: {
            parameters: [{ name: 'productId', in: 'path', required: true, schema: { type: 'string' } }],
            responses: reply(product),
          },
        },
        '/orders': {
          post: {
            requestBody: {
              content: json({ type: 'object', required: ['productId'], properties: { productId: { type: 'string' } } }),
            },
            responses: reply({ type: 'object' }, '201'),
          },
        },
      },
    })
    const server = await startNotes({
      routes: (app) => {
        app.get('/products', (_request, response) => void response.json([...products.values()]))
        app.post('/products', (request, response) => {
          const made = { id: randomUUID(), sellerId: caller(response).id, name: String(request.body.name), stock: 10 }
          products.set(made.id, made)
          response.status(201).json(made)
        })
        app.get('/products/:id', (request, response) => void response.json(products.get(request.params.id) ?? {}))
        app.post('/orders', (request, response) => {
          const bought = products.get(String(request.body.productId))
          if (!bought) return void response.status(404).json({ error: 'not found' })
          bought.stock--
          response.status(201).json({ id: randomUUID(), buyerId: caller(response).id, product: bought })
        })
      },
    })
    try {
      const { counts, results } = await runAttacks([idInBody], server.url, { document })
      expect(counts.fail, JSON.stringify(results, null, 1)).toBe(0)
      expect(results.some(({ operation, outcome }) => operation === 'POST /orders' && outcome === 'pass')).toBe(true)
    } finally {
      await server.close()
    }
  })
})
