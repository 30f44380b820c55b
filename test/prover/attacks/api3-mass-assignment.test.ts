import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { nestedFields } from '../../../src/prover/attacks/api3/nested-fields.ts'
import { ownerAssignment } from '../../../src/prover/attacks/api3/owner-assignment.ts'
import { privilegeOnCreate } from '../../../src/prover/attacks/api3/privilege-on-create.ts'
import { privilegeOnUpdate } from '../../../src/prover/attacks/api3/privilege-on-update.ts'
import { readOnlyFields } from '../../../src/prover/attacks/api3/read-only-fields.ts'
import { stateAssignment } from '../../../src/prover/attacks/api3/state-assignment.ts'
import { undeclaredFields } from '../../../src/prover/attacks/api3/undeclared-fields.ts'
import { accountParts, accountsDocument } from '../fixtures/accounts-api.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type Note, type NotesParts, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, type RunOptions, runAttacks } from '../fixtures/run-attack.ts'

type Body = Record<string, unknown>

/** Notes with more fields, which take the named ones from the body. */
function notesThatTake(taken: readonly string[], fields: Body = {}): NotesParts & { strict: boolean } {
  const picked = (body: Body) => Object.fromEntries(Object.entries(body).filter(([name]) => taken.includes(name)))
  return {
    strict: false,
    create(request, response, { notes }) {
      const { title, text } = request.body as { title: string; text?: string }
      const note = {
        id: randomUUID(),
        ownerId: caller(response).id,
        ...fields,
        title,
        text: text ?? '',
        ...picked(request.body as Body),
      }
      notes.set(note.id, note)
      response.status(201).json(note)
    },
    update(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (!note) return
      const { title, text } = request.body as { title?: string; text?: string }
      const changed = {
        ...note,
        title: title ?? note.title,
        text: text ?? note.text,
        ...picked(request.body as Body),
      } as Note
      notes.set(note.id, changed)
      response.json(changed)
    },
  }
}

const outcomes = async (
  attack: Parameters<typeof runAttacks>[0][number],
  parts: Parameters<typeof startNotes>[0],
  options: RunOptions = {},
) => {
  const server = await startNotes(parts)
  try {
    return await runAttacks([attack], server.url, options)
  } finally {
    await server.close()
  }
}

describeAttack({
  attack: privilegeOnCreate,
  name: 'registration',
  document: accountsDocument(),
  vulnerable: accountParts({ taken: (body) => body }),
  fixed: accountParts(),
})

describeAttack({
  attack: privilegeOnCreate,
  name: 'a right nobody speaks of',
  document: accountsDocument(),
  vulnerable: accountParts({
    taken: ({ email, password, isAdmin }) => ({ email, password, isAdmin: isAdmin === true }),
    shown: ({ id, email, isAdmin }) => ({ id, email, ...(isAdmin === true ? { isAdmin } : {}) }),
  }),
  fixed: accountParts(),
})

describeAttack({
  attack: privilegeOnUpdate,
  document: accountsDocument(),
  vulnerable: accountParts({ changed: (account, body) => ({ ...account, ...body }) }),
  fixed: accountParts(),
})

describeAttack({
  attack: ownerAssignment,
  vulnerable: notesThatTake(['ownerId']),
  fixed: notesThatTake([]),
})

describeAttack({
  attack: ownerAssignment,
  name: 'the tenant of an account',
  document: accountsDocument(),
  vulnerable: accountParts({ taken: (body) => body }),
  fixed: accountParts(),
})

describeAttack({
  attack: stateAssignment,
  vulnerable: notesThatTake(['status'], { status: 'draft' }),
  fixed: notesThatTake([], { status: 'draft' }),
})

describeAttack({
  attack: readOnlyFields,
  document: notesDocument({ paths: withCreatedAt(true) }),
  vulnerable: notesThatTake(['createdAt'], { createdAt: '2026-01-01T00:00:00.000Z' }),
  fixed: notesThatTake([], { createdAt: '2026-01-01T00:00:00.000Z' }),
})

describeAttack({
  attack: undeclaredFields,
  vulnerable: notesThatTake(['pinnedBy'], { pinnedBy: 'nobody' }),
  fixed: notesThatTake([], { pinnedBy: 'nobody' }),
})

describeAttack({
  attack: nestedFields,
  vulnerable: notesThatTake(['review'], { review: { approved: false } }),
  fixed: notesThatTake([], { review: { approved: false } }),
})

describe('mass assignment: what the contract says', () => {
  const access = { access: { signedIn: true }, limit: { rate: '100/minute' } }
  const offering = { type: 'object', properties: { title: { type: 'string' }, status: { type: 'string' } } }
  const body = { requestBody: { content: { 'application/json': { schema: offering } } }, 'x-turnpike': access }
  const contract = (write: object | boolean) => ({
    ...notesDocument({ paths: notesPaths((operation) => ({ ...operation, ...body })) }),
    'x-turnpike': {
      version: 1,
      resources: { note: { id: 'id', owner: 'ownerId', tenant: null, fields: { status: { write } } } },
    },
  })

  it.each([
    ['nobody', false],
    ['a role that the caller has not', { role: 'admin' }],
  ])('a field that the request offers is a finding where it is for %s to write', async (_who, write) => {
    const { counts } = await outcomes(stateAssignment, notesThatTake(['status'], { status: 'draft' }), {
      document: contract(write),
    })
    expect(counts).toMatchObject({ fail: 2, inconclusive: 0 })
  })

  it('and none where the owner may write it', async () => {
    const { counts } = await outcomes(stateAssignment, notesThatTake(['status'], { status: 'draft' }), {
      document: contract({ owns: 'note' }),
    })
    expect(counts).toMatchObject({ pass: 2, fail: 0 })
  })
})

describe('mass assignment on what was there before', () => {
  it('is tried where nothing can be made, and put back', async () => {
    const { post: _post, ...list } = (notesDocument() as { paths: Record<string, Record<string, object>> }).paths[
      '/notes'
    ] as Record<string, object>
    const server = await startNotes(notesThatTake(['status']))
    const note = { id: randomUUID(), ownerId: 'u-alice', title: 'Mine', text: 'as I wrote it', status: 'draft' }
    server.notes.notes.set(note.id, note)
    try {
      const { results } = await runAttacks([stateAssignment, ownerAssignment], server.url, {
        document: notesDocument({ paths: { '/notes': list } }),
      })
      expect(results.map(({ attack, outcome }) => `${attack} ${outcome}`).sort()).toEqual([
        'owner-assignment not-tested',
        'state-assignment fail',
      ])
      expect(server.notes.notes.get(note.id)).toEqual(note)
    } finally {
      await server.close()
    }
  })
})

describe('mass assignment: what is not reported', () => {
  it('an answer that echoes the body', async () => {
    const { counts } = await outcomes(stateAssignment, {
      ...notesThatTake([], { status: 'draft' }),
      update(request, response, { notes }) {
        const note = ownNote(request, response, notes)
        if (note) response.json({ ...note, ...(request.body as Body) })
      },
    })
    expect(counts).toMatchObject({ fail: 0, inconclusive: 0, pass: 2 })
  })

  it('fields that the request offers, whoever offers them', async () => {
    const offered = {
      type: 'object',
      required: ['title'],
      properties: { title: { type: 'string' }, status: { type: 'string' }, role: { type: 'string' } },
    }
    const body = { requestBody: { content: { 'application/json': { schema: offered } } } }
    const paths = notesPaths((operation) => ({ ...operation, ...body }))
    for (const attack of [stateAssignment, privilegeOnCreate]) {
      const { counts } = await outcomes(
        attack,
        notesThatTake(['status', 'role'], { status: 'draft', role: 'reader' }),
        { document: notesDocument({ paths }) },
      )
      expect(counts.fail).toBe(0)
    }
  })

  it('a store that keeps whatever it is given, under names that mean nothing to it', async () => {
    const open = {
      requestBody: {
        content: { 'application/json': { schema: { type: 'object', properties: { title: { type: 'string' } } } } },
      },
    }
    const everything: NotesParts & { strict: boolean } = {
      strict: false,
      create(request, response, { notes }) {
        const note = {
          ...(request.body as { title: string }),
          id: randomUUID(),
          ownerId: caller(response).id,
          text: '',
        }
        notes.set(note.id, note)
        response.status(201).json(note)
      },
    }
    const { counts } = await outcomes(privilegeOnCreate, everything, {
      document: notesDocument({ paths: notesPaths((operation) => ({ ...operation, ...open })) }),
    })
    expect(counts).toMatchObject({ fail: 0, pass: 1 })
  })

  it('fields that the request offers within a wrapper', async () => {
    const text = { type: 'string' }
    const note = { type: 'object', properties: { title: text, text, status: text } }
    const body = {
      requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { note } } } } },
    }
    const inner = notesThatTake(['status'], { status: 'draft' })
    const unwrapping: NotesParts & { strict: boolean } = {
      strict: false,
      create(request, response, notes) {
        request.body = (request.body as { note?: object }).note ?? {}
        inner.create?.(request, response, notes)
      },
      update(request, response, notes) {
        request.body = (request.body as { note?: object }).note ?? {}
        inner.update?.(request, response, notes)
      },
    }
    const document = notesDocument({ paths: notesPaths((operation) => ({ ...operation, ...body })) })
    for (const attack of [stateAssignment, nestedFields, undeclaredFields]) {
      const { counts } = await outcomes(attack, unwrapping, { document })
      expect(counts).toMatchObject({ fail: 0, inconclusive: 0 })
    }
  })

  it('state in a body of which nobody says what it may hold', async () => {
    const body = { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } }
    const document = notesDocument({ paths: notesPaths((operation) => ({ ...operation, ...body })) })
    const operations = { 'POST /notes': { body: { title: 'x' } }, 'PATCH /notes/{noteId}': { body: { title: 'x' } } }
    const { counts } = await outcomes(stateAssignment, notesThatTake(['status'], { status: 'draft' }), {
      document,
      hints: { operations },
    })
    expect(counts).toMatchObject({ pass: 0, fail: 0, inconclusive: 0 })
  })

  it('a state that changes by itself', async () => {
    const { counts } = await outcomes(stateAssignment, {
      ...notesThatTake([], { status: 'draft' }),
      update(request, response, { notes }) {
        const note = ownNote(request, response, notes)
        if (!note) return
        notes.set(note.id, { ...note, status: 'approved' })
        response.json(notes.get(note.id))
      },
    })
    expect(counts.fail).toBe(0)
  })
})

describe('mass assignment: what cannot be judged', () => {
  it('is inconclusive where the owner cannot write either', async () => {
    const { counts } = await outcomes(stateAssignment, {
      ...notesThatTake([]),
      create: (_request, response) => void response.status(403).json({ error: 'no' }),
    })
    expect(counts.pass).toBe(0)
    expect(counts.inconclusive).toBeGreaterThan(0)
  })

  it('is not tested where no body is known that the API takes, and says what to write', async () => {
    const { results } = await outcomes(stateAssignment, {
      create: (_request, response) => void response.status(422).json({ error: 'title: must rhyme' }),
    })
    expect(results.find(({ operation }) => operation === 'POST /notes')).toMatchObject({
      outcome: 'not-tested',
      why: expect.stringContaining("operations: { 'POST /notes': { body: { … } } }"),
    })
  })

  it('is not tested for owners without a second user', async () => {
    const { results } = await outcomes(ownerAssignment, notesThatTake(['ownerId']), {
      people: PEOPLE.filter(({ name }) => name === 'alice'),
    })
    for (const { outcome, why } of results)
      expect({ outcome, why }).toEqual({ outcome: 'not-tested', why: expect.stringContaining('--as bob') })
  })
})

/** The two writes of the notes API, changed. */
function notesPaths(change: (operation: object, key: string) => object): object {
  const { paths } = notesDocument() as { paths: Record<string, Record<string, object>> }
  const list = paths['/notes'] ?? {}
  const item = paths['/notes/{noteId}'] ?? {}
  return {
    '/notes': { ...list, post: change(list.post ?? {}, 'post') },
    '/notes/{noteId}': { ...item, patch: change(item.patch ?? {}, 'patch') },
  }
}

function withCreatedAt(readOnly: boolean): object {
  const note = {
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      title: { type: 'string' },
      createdAt: { type: 'string', format: 'date-time', readOnly },
    },
  }
  return notesPaths((operation, key) => ({
    ...operation,
    responses: {
      [key === 'post' ? '201' : '200']: { description: 'Done.', content: { 'application/json': { schema: note } } },
    },
  }))
}
