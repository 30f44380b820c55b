import type { NextFunction, Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { shownInside } from '../../../src/prover/attacks/api8/inner-workings.ts'
import { malformedJson } from '../../../src/prover/attacks/api8/malformed-json.ts'
import { verboseError } from '../../../src/prover/attacks/api8/verbose-error.ts'
import type { Answer } from '../../../src/prover/engine/exchange.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const onError = (answer: (error: Error, response: Response) => void): NotesParts => ({
  after: (app) =>
    app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => answer(error, response)),
})

describeAttack({
  attack: verboseError,
  name: 'stack',
  vulnerable: onError(
    (error, response) => void response.status(500).json({ error: error.message, stack: error.stack }),
  ),
})
describeAttack({
  attack: verboseError,
  name: 'database',
  vulnerable: {
    read(request, response, { notes }) {
      const id = String(request.params.noteId)
      const note = notes.get(id)
      if (note?.ownerId === caller(response).id) response.json(note)
      else if (/^[0-9a-f-]{36}$/.test(id)) response.status(404).json({ error: 'not found' })
      else response.status(500).json({ error: `invalid input syntax for type uuid: "${id}"` })
    },
  },
})
describeAttack({
  attack: malformedJson,
  vulnerable: onError((_error, response) => void response.status(500).json({ error: 'failed' })),
})
describeAttack({
  attack: malformedJson,
  name: 'null',
  vulnerable: {
    strict: false,
    create(request, response, { notes }) {
      const { title } = request.body as { title: string }
      const note = { id: '4b0e5f0e-0000-4000-a000-000000000001', ownerId: caller(response).id, title, text: '' }
      notes.set(note.id, note)
      response.status(201).json(note)
    },
    before: (app) =>
      app.use((request, _response, next) => {
        // A parser that takes any value, as many frameworks have it.
        if (request.method !== 'POST' || request.path !== '/notes') return next()
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          try {
            request.body = JSON.parse(Buffer.concat(chunks).toString())
            next()
          } catch {
            next(Object.assign(new Error('bad'), { status: 400 }))
          }
        })
      }),
  },
})

describe('errors: what is no finding, and what nothing follows from', () => {
  const outcomes = async (parts: NotesParts & { strict?: boolean }) => {
    const server = await startNotes(parts)
    try {
      return (await runAttacks([malformedJson], server.url)).results.map(({ outcome }) => outcome)
    } finally {
      await server.close()
    }
  }

  it('concludes nothing of bodies where valid ones fail too', async () => {
    const parts: NotesParts = {
      create: (_request, response) => void response.status(500).json({ error: 'down' }),
      update: (_request, response) => void response.status(500).json({ error: 'down' }),
      ...onError((_error, response) => void response.status(500).json({ error: 'down' })),
    }
    expect(new Set(await outcomes(parts))).toEqual(new Set(['inconclusive', 'not-tested']))
  })

  const error = (text: string, status = 400): Answer => ({
    status,
    failure: null,
    headers: {},
    text,
    json: undefined,
    milliseconds: 1,
    exchange: 1,
  })

  it.each([
    'Cannot GET /api/notes/tp.js of https://api.example.com/docs/errors/not-found.php',
    'Please select one of the items from the list',
    'title must be a string; see /docs/errors',
    '{"type":"https://example.com/problems/validation","title":"Invalid input","instance":"/v1/notes"}',
    'Unexpected token } in JSON at position 7',
  ])('takes ordinary words for what they are: %s', (text) => {
    expect(shownInside(error(text))).toBeNull()
  })

  it.each([
    ['Traceback (most recent call last):\n  File "/srv/app.py", line 12, in show', 'Python'],
    ['at com.example.Notes.read(Notes.java:42)', 'Java'],
    ['Fatal error: Uncaught Error in /var/www/html/index.php on line 3', 'PHP'],
    ["app/models/note.rb:12:in `find'", 'Ruby'],
    ['goroutine 1 [running]:\nmain.main()', 'Go'],
    ["You have an error in your SQL syntax; check the manual near ''' at line 1", 'MySQL'],
    ['SELECT * FROM notes WHERE id = 1', 'SQL'],
    ['ENOENT: no such file, open /usr/src/app/src/notes.ts', 'path'],
  ])('knows %s', (text, what) => {
    expect(shownInside(error(text))).toContain(what)
  })

  it('says nothing of what a page tells that is no error', () => {
    expect(shownInside(error('SELECT * FROM notes', 200))).toBeNull()
  })
})
