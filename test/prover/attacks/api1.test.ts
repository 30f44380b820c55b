import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { existenceOracle } from '../../../src/prover/attacks/api1/existence-oracle.ts'
import { objectDelete } from '../../../src/prover/attacks/api1/object-delete.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { objectWrite } from '../../../src/prover/attacks/api1/object-write.ts'
import { reassignOwner } from '../../../src/prover/attacks/api1/reassign-owner.ts'
import { sequentialIds } from '../../../src/prover/attacks/api1/sequential-ids.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, type NotesState, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

const missing = (response: Response) => void response.status(404).json({ error: 'not found' })

const openRead: NotesParts['read'] = (request, response, { notes }) => {
  const note = notes.get(String(request.params.noteId))
  if (note) response.json(note)
  else missing(response)
}

const openUpdate: NotesParts['update'] = (request, response, { notes }) => {
  const note = notes.get(String(request.params.noteId))
  if (!note) return missing(response)
  notes.set(note.id, { ...note, ...(request.body as object) })
  response.json(notes.get(note.id))
}

const openRemove: NotesParts['remove'] = (request, response, { notes }) => {
  if (notes.delete(String(request.params.noteId))) response.status(204).end()
  else missing(response)
}

describeAttack({ attack: objectRead, vulnerable: { read: openRead } })
describeAttack({ attack: objectWrite, vulnerable: { update: openUpdate } })
describeAttack({
  attack: objectWrite,
  name: 'written before it is refused',
  vulnerable: {
    update(request, response, { notes }) {
      const note = notes.get(String(request.params.noteId))
      if (!note) return missing(response)
      notes.set(note.id, { ...note, ...(request.body as object) })
      if (note.ownerId === caller(response).id) response.json(notes.get(note.id))
      else response.status(403).json({ error: 'not yours' })
    },
  },
})
describeAttack({ attack: objectDelete, vulnerable: { remove: openRemove } })

/** `POST /notes/{noteId}/lock` and `/cancel`, sound or for everybody. */
const actions = (isOpen: boolean): NotesParts => ({
  routes: (app, { notes }) => {
    for (const action of ['lock', 'cancel'])
      app.post(`/notes/:noteId/${action}`, (request, response) => {
        const note = isOpen ? notes.get(request.params.noteId) : ownNote(request, response, notes)
        if (!note) return isOpen ? missing(response) : undefined
        notes.set(note.id, { ...note, [`${action}ed`]: true })
        response.status(204).end()
      })
  },
})
const actionsDocument = notesDocument({
  paths: Object.fromEntries(
    ['lock', 'cancel'].map((action) => [
      `/notes/{noteId}/${action}`,
      {
        post: {
          parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
          responses: { '204': { description: 'Done.' } },
        },
      },
    ]),
  ),
})
for (const attack of [objectWrite, objectDelete])
  describeAttack({
    attack,
    name: 'an action',
    document: actionsDocument,
    vulnerable: actions(true),
    fixed: actions(false),
  })

describeAttack({
  attack: reassignOwner,
  name: 'put on somebody',
  vulnerable: {
    strict: false,
    update(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (!note) return
      notes.set(note.id, { ...note, ...(request.body as object) })
      response.json(notes.get(note.id))
    },
  },
})
describeAttack({
  attack: reassignOwner,
  name: 'taken',
  vulnerable: {
    strict: false,
    update(request, response, { notes }) {
      const note = notes.get(String(request.params.noteId))
      const changed = { ...note, ...(request.body as object) } as typeof note
      // The check looks at what was merged.
      if (!changed || changed.ownerId !== caller(response).id) return missing(response)
      notes.set(changed.id, changed)
      response.json(changed)
    },
  },
})

describeAttack({
  attack: existenceOracle,
  vulnerable: {
    read(request, response, { notes }) {
      const note = notes.get(String(request.params.noteId))
      if (!note) return missing(response)
      if (note.ownerId === caller(response).id) response.json(note)
      else response.status(403).json({ error: 'not yours' })
    },
  },
})
describeAttack({
  attack: existenceOracle,
  name: 'by the body alone',
  vulnerable: {
    read(request, response, { notes }) {
      const note = notes.get(String(request.params.noteId))
      if (note?.ownerId === caller(response).id) response.json(note)
      else response.status(404).json({ error: note ? 'no access' : 'not found' })
    },
  },
  fixed: {
    read(request, response, { notes }) {
      const id = String(request.params.noteId)
      const note = notes.get(id)
      if (note?.ownerId === caller(response).id) response.json(note)
      else response.status(404).json({ error: `there is no note ${id}`, requestId: String(Math.random()) })
    },
  },
})

describeAttack({
  attack: sequentialIds,
  vulnerable: {
    create(request, response, { notes }) {
      const { title, text } = request.body as { title: string; text?: string }
      const note = { id: `N-${notes.size + 1000}`, ownerId: caller(response).id, title, text: text ?? '' }
      notes.set(note.id, note)
      response.status(201).json(note)
    },
  },
})

async function outcomes(
  attacks: Parameters<typeof runAttacks>[0],
  parts: NotesParts & { strict?: boolean },
  options = {},
) {
  const server = await startNotes(parts)
  try {
    return await runAttacks(attacks, server.url, options)
  } finally {
    await server.close()
  }
}
const told = (results: readonly { outcome: string; operation: string | null; why: string }[]) =>
  JSON.stringify(
    results.map(({ outcome, operation, why }) => ({ outcome, operation, why })),
    null,
    1,
  )

const ALL = [objectRead, objectWrite, objectDelete, reassignOwner, existenceOracle]

describe('objects by their id: what is not reported', () => {
  it('a note with a flag that opens it, read by all and changed by its owner alone', async () => {
    const { counts, results } = await outcomes(ALL, {
      read: openRead,
      create(request, response, { notes }) {
        const { title, text } = request.body as { title: string; text?: string }
        const note = { id: crypto.randomUUID(), ownerId: caller(response).id, title, text: text ?? '', isPublic: true }
        notes.set(note.id, note)
        response.status(201).json(note)
      },
    })
    expect(counts.fail, told(results)).toBe(0)
    expect(counts.pass).toBeGreaterThan(0)
  })

  it('a note that was shared with the reader', async () => {
    const { counts, results } = await outcomes([objectRead], {
      read: openRead,
      create(request, response, { notes }) {
        const { title, text } = request.body as { title: string; text?: string }
        const viewers = ['u-alice', 'u-bob', 'u-carol']
        const note = { id: crypto.randomUUID(), ownerId: caller(response).id, title, text: text ?? '', viewers }
        notes.set(note.id, note)
        response.status(201).json(note)
      },
    })
    expect(counts.fail, told(results)).toBe(0)
  })

  it('an API that shows everybody his own, whatever id the path holds', async () => {
    const { counts, results } = await outcomes([objectRead], {
      read(_request: Request, response: Response, { notes }: NotesState) {
        const own = [...notes.values()].find(({ ownerId }) => ownerId === caller(response).id)
        response.json(own ?? { id: '0', title: 'none yet', state: 'unknown' })
      },
    })
    expect(counts.fail, told(results)).toBe(0)
  })

  it('a soft miss: 200 with an envelope that says no', async () => {
    const { counts, results } = await outcomes([objectRead, existenceOracle], {
      read(request, response, { notes }) {
        const note = notes.get(String(request.params.noteId))
        if (note?.ownerId === caller(response).id) response.json({ success: true, data: note })
        else response.json({ success: false, message: 'no such note', data: null })
      },
    })
    expect(counts, told(results)).toMatchObject({ fail: 0, inconclusive: 0 })
  })

  it('an object that changes by itself between two reads', async () => {
    let reads = 0
    const { counts, results } = await outcomes([objectWrite, objectDelete], {
      read(request, response, { notes }) {
        const note = ownNote(request, response, notes)
        if (note) response.json({ ...note, reads: ++reads, seenAt: new Date().toISOString() })
      },
    })
    expect(counts, told(results)).toMatchObject({ fail: 0, inconclusive: 0 })
  })

  it('changes that are answered with 200 and never made', async () => {
    const { counts, results } = await outcomes([objectWrite], {
      update(request, response, { notes }) {
        const note = notes.get(String(request.params.noteId))
        const changed = note && { ...note, ...(request.body as object) }
        if (note?.ownerId === caller(response).id && changed) notes.set(note.id, changed)
        response.json({ ok: true })
      },
    })
    expect(counts, told(results)).toMatchObject({ fail: 0, inconclusive: 0 })
  })

  it('an owner that a documented field hands over', async () => {
    const properties = { title: { type: 'string', maxLength: 100 }, ownerId: { type: 'string' } }
    const reply = { '200': { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } } }
    const id = { name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }
    const base = notesDocument() as { paths: Record<string, object> }
    const patch = {
      requestBody: { content: { 'application/json': { schema: { type: 'object', properties } } } },
      responses: reply,
    }
    const document = {
      ...base,
      paths: { ...base.paths, '/notes/{noteId}': { ...base.paths['/notes/{noteId}'], parameters: [id], patch } },
    }
    const { counts, results } = await outcomes(
      [reassignOwner],
      {
        strict: false,
        update(request, response, { notes }) {
          const note = ownNote(request, response, notes)
          if (!note) return
          notes.set(note.id, { ...note, ...(request.body as object) })
          response.json(notes.get(note.id))
        },
      },
      { document },
    )
    expect(counts, told(results)).toMatchObject({ fail: 0, inconclusive: 0 })
  })
})

describe('objects by their id: what proves nothing', () => {
  it('is inconclusive where the owner is refused as well', async () => {
    const refuse: NotesParts['read'] = (_request, response) => void response.status(403).json({ error: 'no' })
    const { counts, results } = await outcomes([objectRead], { read: refuse })
    expect(counts, told(results)).toMatchObject({ pass: 0, fail: 0, 'not-tested': 0 })
    const writes = await outcomes([objectWrite], {
      update: (_request, response) => void response.status(400).json({ error: 'no' }),
    })
    expect(writes.counts, told(writes.results)).toMatchObject({ pass: 0, fail: 0, 'not-tested': 0 })
  })

  it('is inconclusive where a limit answers all along', async () => {
    const limited: NotesParts['update'] = (_request, response) =>
      void response.status(429).set('Retry-After', '60').end()
    const { counts, results } = await outcomes([objectWrite], { update: limited }, { maxWaitSeconds: 1 })
    expect(counts, told(results)).toMatchObject({ pass: 0, fail: 0, 'not-tested': 0 })
  })

  it('is not tested where everybody is served without a credential', async () => {
    const { counts, results } = await outcomes([objectRead], {
      before: (app, { notes }) => {
        app.get('/notes/:noteId', (request, response) => void response.json(notes.get(request.params.noteId) ?? {}))
      },
    })
    expect(counts.fail, told(results)).toBe(0)
    expect(results.every(({ outcome, why }) => outcome === 'not-tested' && why.includes('no-credential'))).toBe(true)
  })

  it('asks for a second user', async () => {
    const { results } = await outcomes([objectRead, objectWrite], {}, { people: PEOPLE.slice(0, 1) })
    expect(results.length).toBeGreaterThan(0)
    expect(results.every(({ outcome, why }) => outcome === 'not-tested' && why.includes('another identity'))).toBe(true)
  })

  it('leaves destruction out with --safe', async () => {
    const { counts } = await outcomes([objectDelete], {}, { safe: true })
    expect(counts).toMatchObject({ pass: 0, fail: 0, inconclusive: 0 })
  })
})

describe('objects that were found', () => {
  /** Nobody can make a note; alice and bob have one each. */
  const found = (isOpen: boolean): NotesParts => ({
    before: (_app, { notes }) => {
      for (const name of ['alice', 'bob', 'carol'])
        notes.set(`note-of-${name}`, { id: `note-of-${name}`, ownerId: `u-${name}`, title: `by ${name}`, text: 'x' })
    },
    create: (_request, response) => void response.status(403).json({ error: 'nobody may' }),
    ...(isOpen ? { update: openUpdate } : {}),
  })

  it('are changed where none can be made, and put back', async () => {
    for (const isOpen of [true, false]) {
      const server = await startNotes(found(isOpen))
      try {
        const { counts, results } = await runAttacks([objectWrite], server.url)
        expect(counts, told(results)).toMatchObject({ [isOpen ? 'fail' : 'pass']: results.length, inconclusive: 0 })
        expect([...server.notes.notes.values()].map(({ title }) => title)).toEqual(['by alice', 'by bob', 'by carol'])
      } finally {
        await server.close()
      }
    }
  })
})
