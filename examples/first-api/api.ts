import { randomUUID } from 'node:crypto'
import { api, endpoint, owns, resource, signedIn } from 'turnpike'
import { z } from 'zod'

interface NoteRow {
  id: string
  ownerId: string
  text: string
}
const table = new Map<string, NoteRow>()

const notes = resource('note', {
  schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(64), text: z.string().max(500) }),
  id: 'id',
  owner: 'ownerId',
  tenant: null,
  find: (ids) => ids.flatMap((id) => table.get(id) ?? []),
})

const createNote = endpoint('POST /v1/notes', {
  summary: 'Write a note',
  body: z.strictObject({ text: z.string().min(1).max(500) }),
  access: signedIn,
  limit: '60/minute',
  reply: notes.view,
  handle: ({ body }, { principal }) => {
    const note = { id: randomUUID(), ownerId: principal.id, text: body.text }
    table.set(note.id, note)
    return note
  },
})

const readNote = endpoint('GET /v1/notes/:note', {
  summary: 'Read a note',
  params: { note: notes },
  access: owns('note'),
  limit: '100/minute',
  reply: notes.view,
  handle: ({ note }) => note, // the object, loaded and authorized: never an id
})

export default api({ title: 'Notes', endpoints: [createNote, readNote] })
