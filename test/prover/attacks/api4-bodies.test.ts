import { createServer } from 'node:http'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { gzipBomb } from '../../../src/prover/attacks/api4/gzip-bomb.ts'
import { jsonDepth } from '../../../src/prover/attacks/api4/json-depth.ts'
import { oversizedBody } from '../../../src/prover/attacks/api4/oversized-body.ts'
import { slowGrowth } from '../../../src/prover/attacks/api4/slow-growth.ts'
import { slowRequestWith } from '../../../src/prover/attacks/api4/slow-request.ts'
import { tooLongText } from '../../../src/prover/attacks/api4/too-long-text.ts'
import { tooManyItems } from '../../../src/prover/attacks/api4/too-many-items.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type Note, type NotesParts, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

/** Reads large bodies before the API's own parser does. */
const takesLarge: NotesParts = { before: (app) => void app.use(express.json({ limit: '100mb' })) }
describeAttack({ attack: oversizedBody, vulnerable: takesLarge })
describeAttack({ attack: gzipBomb, vulnerable: takesLarge })
describeAttack({
  attack: gzipBomb,
  name: 'never inflated',
  vulnerable: takesLarge,
  fixed: { before: (app) => void app.use(express.json({ inflate: false })) },
})

/** Notes with a file each. */
const files = (most: number): NotesParts => ({
  before: (app) => {
    app.post('/notes/:noteId/file', express.raw({ type: () => true, limit: most }), (_request, response) => {
      response.status(201).json({ id: crypto.randomUUID() })
    })
  },
})
describeAttack({
  attack: oversizedBody,
  name: 'a file larger than said',
  document: notesDocument({
    paths: {
      '/notes/{noteId}/file': {
        parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        post: {
          description: 'The body is the file, at most 64 KB.',
          requestBody: { required: true, content: { 'text/plain': { schema: { type: 'string' } } } },
          responses: { '201': { description: 'Kept.' } },
        },
      },
    },
  }),
  vulnerable: files(20_000_000),
  fixed: files(65_536),
})

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
describeAttack({
  attack: jsonDepth,
  vulnerable: {
    before: (app) => {
      app.use(express.json(), (request, _response, next) => {
        depthOf(request.body)
        next()
      })
    },
  },
})

interface Body {
  readonly title: string
  readonly text?: string
  readonly tags?: readonly string[]
}

/** Stores what the checks let through. */
const stores = (isSound: (body: Body) => boolean): NotesParts & { strict: false } => ({
  strict: false,
  create: (request, response, { notes }) => {
    const body = request.body as Body
    if (!isSound(body)) return void response.status(400).json({ error: 'bad input' })
    const note: Note = { id: crypto.randomUUID(), ownerId: caller(response).id, ...body, text: body.text ?? '' }
    notes.set(note.id, note)
    response.status(201).json(note)
  },
  update: (request, response, { notes }) => {
    const note = ownNote(request, response, notes)
    if (!note) return
    if (!isSound(request.body as Body)) return void response.status(400).json({ error: 'bad input' })
    notes.set(note.id, { ...note, ...(request.body as object) })
    response.json(notes.get(note.id))
  },
})
const shortEnough = ({ title = '', text = '' }: Partial<Body>) => title.length <= 100 && text.length <= 1000
describeAttack({ attack: tooLongText, vulnerable: stores(() => true), fixed: stores(shortEnough) })

const tags = { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 20 } }
const note = { type: 'object', required: ['title'], properties: { title: { type: 'string', maxLength: 100 }, tags } }
const tagged = notesDocument({
  paths: {
    '/notes': {
      ...(notesDocument() as { paths: { '/notes': object } }).paths['/notes'],
      post: {
        requestBody: { content: { 'application/json': { schema: note } } },
        responses: { '201': { description: 'Made.' } },
      },
    },
  },
})
describeAttack({
  attack: tooManyItems,
  document: tagged,
  vulnerable: stores(() => true),
  fixed: stores((body) => shortEnough(body) && (body.tags ?? []).length <= 5),
})

describeAttack({
  attack: slowGrowth,
  vulnerable: {
    strict: false,
    create: (request, response, { notes }) => {
      const { title } = request.body as Body
      const made: Note = { id: crypto.randomUUID(), ownerId: caller(response).id, title, text: '' }
      notes.set(made.id, made)
      setTimeout(() => void response.status(201).json(made), title.length * 0.1)
    },
  },
})

const impatient = {
  server: (app: express.Express) =>
    createServer({ connectionsCheckingInterval: 50, headersTimeout: 300, requestTimeout: 300 }, app),
}
const lenient = {
  server: (app: express.Express) => createServer({ headersTimeout: 60_000, requestTimeout: 60_000 }, app),
}
describeAttack({ attack: slowRequestWith({ tellingSeconds: 1 }), vulnerable: lenient, fixed: impatient })

const run = async (parts: NotesParts & { strict?: boolean }, ...attacks: Parameters<typeof runAttacks>[0]) => {
  const server = await startNotes(parts)
  try {
    return await runAttacks(attacks, server.url)
  } finally {
    await server.close()
  }
}

describe('what must not be reported', () => {
  it('a text that is cut to its bound', async () => {
    const { counts } = await run(
      {
        strict: false,
        create: (request, response, { notes }) => {
          const { title, text = '' } = request.body as Body
          const made = {
            id: crypto.randomUUID(),
            ownerId: caller(response).id,
            title: title.slice(0, 100),
            text: text.slice(0, 1000),
          }
          notes.set(made.id, made)
          response.status(201).json(made)
        },
        update: stores(shortEnough).update as NonNullable<NotesParts['update']>,
      },
      tooLongText,
    )
    expect(counts).toMatchObject({ fail: 0, inconclusive: 0 })
  })

  it('a server that hangs up on whoever sends too much', async () => {
    const { counts } = await run(
      {
        before: (app) => {
          app.use((request, _response, next) => {
            let bytes = 0
            request.on('data', (chunk: Buffer) => {
              bytes += chunk.length
              if (bytes > 200_000) request.destroy()
            })
            next()
          })
        },
      },
      oversizedBody,
    )
    expect(counts).toMatchObject({ fail: 0, inconclusive: 0, pass: 2 })
  })

  it('a server that is slow whatever it is sent', async () => {
    const { counts } = await run(
      { before: (app) => void app.use('/notes', (_request, _response, next) => void setTimeout(next, 60)) },
      slowGrowth,
    )
    expect(counts).toMatchObject({ fail: 0, inconclusive: 0 })
  })
})

describe('what cannot be told', () => {
  it('says so where a valid request is refused too', async () => {
    const refuses: NotesParts = {
      create: (_request, response) => void response.status(422).json({ error: 'not today' }),
    }
    const { counts } = await run(refuses, oversizedBody, jsonDepth, gzipBomb, tooLongText)
    expect(counts).toMatchObject({ fail: 0, pass: 0 })
    expect(counts.inconclusive).toBeGreaterThan(0)
  })

  it('is not tested where the run may not wait long enough to tell', async () => {
    const { results } = await run(lenient, slowRequestWith({ patienceSeconds: 0.5 }))
    expect(results[0]).toMatchObject({ outcome: 'not-tested' })
    expect(results[0]?.why).toContain('--max-wait')
  })
})
