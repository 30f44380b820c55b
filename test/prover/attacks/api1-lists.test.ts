import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { filterWidens } from '../../../src/prover/attacks/api1/filter-widens.ts'
import { listLeak } from '../../../src/prover/attacks/api1/list-leak.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { objectWrite } from '../../../src/prover/attacks/api1/object-write.ts'
import { tenantHeader } from '../../../src/prover/attacks/api1/tenant-header.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, caller, type NotesParts, type NotesState, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

const listAll = (_request: Request, response: Response, { notes }: NotesState) =>
  void response.json({ items: [...notes.values()] })
const readAll = (request: Request, response: Response, { notes }: NotesState) => {
  const note = notes.get(String(request.params.noteId))
  if (note) response.json(note)
  else response.status(404).json({ error: 'not found' })
}
const listBy = (of: (request: Request, response: Response) => unknown) => ({
  list(request: Request, response: Response, { notes }: NotesState) {
    const who = of(request, response)
    response.json({ items: [...notes.values()].filter(({ ownerId }) => who === null || ownerId === who) })
  },
})

describeAttack({ attack: listLeak, vulnerable: { list: listAll } })
describeAttack({
  attack: filterWidens,
  name: 'a name',
  vulnerable: listBy((request, response) => request.query.ownerId ?? caller(response).id),
})
describeAttack({
  attack: filterWidens,
  name: 'everything',
  vulnerable: listBy((request, response) => (request.query.all === 'true' ? null : caller(response).id)),
})
describeAttack({
  attack: filterWidens,
  name: 'a name, by an API that refuses unknown parameters',
  vulnerable: {
    list(request, response, { notes }) {
      const { userId, ...unknown } = request.query
      if (Object.keys(unknown).length > 0) return void response.status(400).json({ error: 'unknown parameter' })
      const who = userId ?? caller(response).id
      response.json({ items: [...notes.values()].filter(({ ownerId }) => ownerId === who) })
    },
  },
})

const tenantOf = (id: string) => ACCOUNTS.find((each) => each.id === id)?.tenant
const byTenant = (of: (request: Request, response: Response) => unknown) => ({
  read(request: Request, response: Response, { notes }: NotesState) {
    const note = notes.get(String(request.params.noteId))
    if (note && tenantOf(note.ownerId) === of(request, response)) response.json(note)
    else response.status(404).json({ error: 'not found' })
  },
})

describeAttack({
  attack: tenantHeader,
  vulnerable: byTenant((request, response) => request.headers['x-tenant-id'] ?? caller(response).tenant),
  fixed: byTenant((_request, response) => caller(response).tenant),
})

describe('lists: what is not reported', () => {
  it('takes what stands in both lists for shared, and says where nothing tells', async () => {
    const server = await startNotes({ list: listAll, read: readAll })
    try {
      const { counts, results } = await runAttacks([listLeak, filterWidens, objectRead], server.url)
      expect(counts.fail, JSON.stringify(results)).toBe(0)
      const list = results.filter(({ attack }) => attack === 'list-leak')
      expect(list.every(({ outcome, why }) => outcome === 'not-tested' && why.includes('resources: { note'))).toBe(true)
    } finally {
      await server.close()
    }
  })

  it('takes what a team reads together for shared, and not for strangers to the team', async () => {
    const isMate = (ownerId: string, response: Response) => tenantOf(ownerId) === caller(response).tenant
    const server = await startNotes({
      list: (_request, response, { notes }) =>
        void response.json({ items: [...notes.values()].filter(({ ownerId }) => isMate(ownerId, response)) }),
      ...byTenant((_request, response) => caller(response).tenant),
      update(request, response, { notes }) {
        const note = notes.get(String(request.params.noteId))
        if (!note || !isMate(note.ownerId, response)) return void response.status(404).json({ error: 'not found' })
        notes.set(note.id, { ...note, ...(request.body as object) })
        response.json(notes.get(note.id))
      },
    })
    try {
      const { counts, results } = await runAttacks([objectRead, objectWrite, listLeak, filterWidens], server.url)
      expect(counts.fail, JSON.stringify(results.filter(({ outcome }) => outcome === 'fail'))).toBe(0)
      expect(counts.pass).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })

  it('asks for a second tenant', async () => {
    const server = await startNotes()
    try {
      const people = PEOPLE.map((each) => ({ ...each, tenant: null }))
      const { results } = await runAttacks([tenantHeader], server.url, { people })
      expect(results.map(({ outcome, why }) => [outcome, why])).toEqual([
        ['not-tested', 'needs users of two tenants; say whose they are: identities: { carol: { tenant: … } }'],
      ])
    } finally {
      await server.close()
    }
  })

  it('is inconclusive where the owner gets no list either', async () => {
    const server = await startNotes({ list: (_request, response) => void response.status(400).json({ error: 'bad' }) })
    try {
      const { counts } = await runAttacks([listLeak, filterWidens], server.url)
      expect(counts).toEqual({ pass: 0, fail: 0, inconclusive: 3, 'not-tested': 0 })
    } finally {
      await server.close()
    }
  })
})

/** `/notes/export` and `/notes/search`, sound or for everybody's notes. */
const exportAndSearch = (isOpen: boolean): NotesParts => ({
  read(request, response, { notes }) {
    const seen = [...notes.values()].filter(({ ownerId }) => isOpen || ownerId === caller(response).id)
    const { noteId } = request.params
    const query = String(request.query.q)
    if (noteId === 'export')
      response.type('text/csv').send(['id,title', ...seen.map(({ id, title }) => `${id},${title}`)].join('\n'))
    // What was looked for is repeated, found or not.
    else if (noteId === 'search') response.json({ query, results: seen.filter(({ title }) => title.includes(query)) })
    else {
      const note = ownNote(request, response, notes)
      if (note) response.json(note)
    }
  },
})

const q = { name: 'q', in: 'query', required: true, schema: { type: 'string' } }
for (const [name, parameters] of [
  ['export', []],
  ['search', [q]],
] as const)
  describeAttack({
    attack: listLeak,
    name,
    document: notesDocument({
      paths: { [`/notes/${name}`]: { get: { parameters, responses: { '200': { description: 'Some notes.' } } } } },
    }),
    vulnerable: exportAndSearch(true),
    fixed: exportAndSearch(false),
  })
