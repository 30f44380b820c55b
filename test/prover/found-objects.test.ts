import { randomUUID } from 'node:crypto'
import type { Response } from 'express'
import { expect, it } from 'vitest'
import type { Attack } from '../../src/prover/attack.ts'
import { objectDelete } from '../../src/prover/attacks/api1/object-delete.ts'
import { objectRead } from '../../src/prover/attacks/api1/object-read.ts'
import { declaredButAbsent } from '../../src/prover/attacks/api9/declared-but-absent.ts'
import { ACCOUNTS, caller, type NotesParts, SOUND, startNotes } from './fixtures/notes-api.ts'
import { notesDocument } from './fixtures/notes-document.ts'
import { runAttacks } from './fixtures/run-attack.ts'

const json = (schema: object) => ({ '200': { description: 'Done.', content: { 'application/json': { schema } } } })
const id = (name: string, type: string) => ({ name, in: 'path', required: true, schema: { type } })

async function outcomes(attack: Attack, operation: string, paths: object, routes: NonNullable<NotesParts['routes']>) {
  const server = await startNotes({ routes })
  try {
    const { results } = await runAttacks([attack], server.url, { document: notesDocument({ paths }) })
    return results.filter((each) => each.operation === operation).map(({ outcome }) => outcome)
  } finally {
    await server.close()
  }
}

it('takes a thing of a public catalogue from its list, whoever its author is', async () => {
  const book = { type: 'object', properties: { id: { type: 'integer' }, author: { type: 'string' } } }
  const paths = {
    '/books': { get: { security: [], responses: json({ type: 'array', items: book }) } },
    '/books/{bookId}': { get: { security: [], parameters: [id('bookId', 'integer')], responses: json(book) } },
  }
  const books = [{ id: 7, author: 'Virginia Woolf' }]
  const found = await outcomes(declaredButAbsent, 'GET /books/{bookId}', paths, (app) => {
    app.get('/books', (_request, response) => void response.json(books))
    app.get('/books/:bookId', (request, response) => {
      const one = books.find((each) => String(each.id) === request.params.bookId)
      response.status(one ? 200 : 404).json(one ?? { error: 'not found' })
    })
  })
  expect(found).toEqual(['pass'])
})

it('knows a record of the caller by the id of the caller, where nobody else may list or make one', async () => {
  const member = { type: 'object', properties: { id: { type: 'string' }, email: { type: 'string' } } }
  const paths = {
    '/members': {
      get: { summary: 'Staff only', responses: json({ type: 'array', items: member }) },
      post: {
        requestBody: { required: true, content: { 'application/json': { schema: member } } },
        responses: { '201': { description: 'Made.' } },
      },
    },
    '/members/{memberId}': {
      get: { summary: 'Read your own record', parameters: [id('memberId', 'string')], responses: json(member) },
    },
  }
  const read = (isOpen: boolean) =>
    outcomes(objectRead, 'GET /members/{memberId}', paths, (app) => {
      app.all('/members', (_request, response) => void response.status(403).json({ error: 'staff only' }))
      app.get('/members/:memberId', (request, response) => {
        const one = ACCOUNTS.find((each) => each.id === request.params.memberId)
        const may = one && (isOpen || one.id === caller(response).id)
        response.status(may ? 200 : 404).json(may ? one : { error: 'not found' })
      })
    })
  const [open, closed] = [await read(true), await read(false)]
  expect(open).toContain('fail')
  expect(new Set(closed)).toEqual(new Set(['pass']))
})

it('makes a session by signing in again, and tries to end it as somebody else', async () => {
  const session = { type: 'object', properties: { id: { type: 'string' }, device: { type: 'string' } } }
  const paths = {
    '/sessions': { get: { responses: json({ type: 'array', items: session }) } },
    '/sessions/{sessionId}': {
      delete: { parameters: [id('sessionId', 'string')], responses: { '204': { description: 'Ended.' } } },
    },
  }
  const end = async (asksWhose: boolean) => {
    const sessions: { readonly id: string; readonly owner: string }[] = []
    const server = await startNotes({
      login(request, response, notes) {
        const account = ACCOUNTS.find((each) => each.email === request.body.email)
        if (account) sessions.unshift({ id: randomUUID(), owner: account.id })
        SOUND.login(request, response, notes)
      },
      routes(app) {
        const own = (response: Response) => sessions.filter(({ owner }) => owner === caller(response).id)
        app.get('/sessions', (_request, response) => void response.json(own(response)))
        app.delete('/sessions/:sessionId', (request, response) => {
          const found = (asksWhose ? own(response) : sessions).find((each) => each.id === request.params.sessionId)
          if (found) sessions.splice(sessions.indexOf(found), 1)
          response.status(found ? 204 : 404).end()
        })
      },
    })
    try {
      const { results } = await runAttacks([objectDelete], server.url, { document: notesDocument({ paths }) })
      return results
        .filter((each) => each.operation === 'DELETE /sessions/{sessionId}' && each.outcome !== 'not-tested')
        .map(({ outcome }) => outcome)
    } finally {
      await server.close()
    }
  }
  const open = await end(false)
  expect(open).toContain('fail')
  expect(new Set(await end(true))).toEqual(new Set(['pass']))
})
