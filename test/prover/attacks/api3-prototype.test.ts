import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { prototypePollution } from '../../../src/prover/attacks/api3/prototype-pollution.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

type Row = Record<string, unknown>

/** As `Object.prototype` is to a whole process: what every row of one server inherits from. */
function rowsOfOnePrototype(): (fields: object) => Row {
  class Inherited {}
  return (fields) => Object.assign(new Inherited(), fields) as Row
}

/** The deep merge that so many have written. */
function merge(target: Row, source: Row): Row {
  for (const [key, value] of Object.entries(source))
    if (typeof value === 'object' && value !== null && typeof target[key] !== 'undefined')
      merge(target[key] as Row, value as Row)
    else target[key] = value
  return target
}

const safeMerge = (target: Row, { title, text }: Row): Row =>
  Object.assign(target, { title, text: text ?? target.text ?? '' })

/** Copies as many libraries do, with what is inherited. */
function shown(row: Row): Row {
  const copy: Row = {}
  for (const name in row) copy[name] = row[name]
  return copy
}

function merging(merged: typeof merge): NotesParts & { strict: boolean } {
  const rowOf = rowsOfOnePrototype()
  return {
    strict: false,
    create(request, response, { notes }) {
      const row = merged(rowOf({ id: randomUUID(), ownerId: caller(response).id, text: '' }), request.body as Row)
      notes.set(row.id as string, row as never)
      response.status(201).json(shown(row))
    },
    update(request, response, { notes }) {
      const row = notes.get(String(request.params.noteId)) as Row | undefined
      if (row) response.json(shown(merged(row, request.body as Row)))
    },
    read(request, response, { notes }) {
      const row = notes.get(String(request.params.noteId)) as Row | undefined
      if (row) response.json(shown(row))
      else response.status(404).json({ error: 'not found' })
    },
  }
}

describeAttack({ attack: prototypePollution, vulnerable: merging(merge), fixed: merging(safeMerge) })

/** `Object.assign` runs the setter of `__proto__`: the object inherits what was sent. */
const assigning = (guard: (body: Row) => Row): NotesParts & { strict: boolean } => ({
  strict: false,
  create(request, response, { notes }) {
    const { status: _status, ...body } = guard(request.body as Row)
    const row = Object.assign({}, body) as Row
    const note = {
      id: randomUUID(),
      ownerId: caller(response).id,
      title: String(row.title),
      text: '',
      status: row.status ?? 'draft',
    }
    notes.set(note.id, note)
    response.status(201).json(note)
  },
})

describeAttack({
  attack: prototypePollution,
  name: 'one object',
  vulnerable: assigning((body) => body),
  fixed: assigning(({ title }) => ({ title })),
})

describe('prototype pollution: what is not reported', () => {
  it('an object that keeps the key as its own', async () => {
    const kept: NotesParts & { strict: boolean } = {
      strict: false,
      create(request, response, { notes }) {
        const note = { ...(request.body as Row), id: randomUUID(), ownerId: caller(response).id, text: '' }
        notes.set(note.id, note as never)
        response.status(201).json(note)
      },
    }
    const server = await startNotes(kept)
    try {
      const { counts } = await runAttacks([prototypePollution], server.url)
      expect(counts).toMatchObject({ fail: 0, inconclusive: 0 })
      expect(counts.pass).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })

  it('is left out where nothing may be destroyed', async () => {
    const server = await startNotes(merging(merge))
    try {
      const { counts } = await runAttacks([prototypePollution], server.url, { safe: true })
      expect(counts).toMatchObject({ fail: 0, pass: 0 })
    } finally {
      await server.close()
    }
  })

  it('concludes nothing where the API breaks on it', async () => {
    const server = await startNotes({
      ...merging(safeMerge),
      create(request, response, { notes }) {
        if (Object.hasOwn(request.body as object, '__proto__')) {
          response.status(500).json({ error: 'failed' })
          return
        }
        const note = { id: randomUUID(), ownerId: caller(response).id, title: 'x', text: '' }
        notes.set(note.id, note)
        response.status(201).json(note)
      },
    })
    try {
      const { results } = await runAttacks([prototypePollution], server.url)
      expect(results.find(({ operation }) => operation === 'POST /notes')?.outcome).toBe('inconclusive')
    } finally {
      await server.close()
    }
  })
})
