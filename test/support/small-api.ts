import {
  all,
  any,
  anyone,
  api,
  endpoint,
  fresh,
  nothing,
  owns,
  page,
  pageQuery,
  plain,
  reads,
  related,
  resource,
  role,
  signedIn,
} from 'turnpike'
import { z } from 'zod'

/** Rows of the small API; tests put them in. */
export interface NoteRow {
  id: string
  ownerId: string | null
  tenantId: string
  folderId: string
  text: string
  phone: string
  score: number
}

export const notesTable = new Map<string, NoteRow>()
export const foldersTable = new Map<string, { id: string; ownerId: string; tenantId: string }>()
export const viewers = new Map<string, Set<string>>()

export const folders = resource('folder', {
  schema: z.strictObject({ id: z.uuid(), ownerId: z.string().max(20), tenantId: z.string().max(20) }),
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  find: (ids) => ids.flatMap((id) => foldersTable.get(id) ?? []),
})

export const notes = resource('note', {
  schema: z.strictObject({
    id: z.uuid(),
    ownerId: z.string().max(20).nullable(),
    tenantId: z.string().max(20),
    folderId: z.uuid(),
    text: z.string().max(200),
    phone: z.string().max(100),
    score: z.int().min(0).max(100),
  }),
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  read: any(owns('note'), related('viewer', 'note'), role('admin')),
  relations: { viewer: (rows, principal) => rows.map((row) => viewers.get(row.id)?.has(principal.id) === true) },
  parents: { folder: 'folderId' },
  fields: { phone: { mask: 'last4', read: owns('note') }, score: { write: role('admin'), read: role('admin') } },
  find: (ids) => ids.flatMap((id) => notesTable.get(id) ?? []),
})

/** What handlers of the small API do beyond the obvious; tests replace members. */
export const behaviour = {
  list: (): NoteRow[] => [...notesTable.values()],
  slow: async (_signal: AbortSignal): Promise<void> => {},
}

export const small = api({
  title: 'Small',
  endpoints: [
    endpoint('GET /v1/notes/:note', {
      summary: 'Read',
      params: { note: notes },
      access: reads('note'),
      clients: 'notes:read',
      limit: '100/minute',
      reply: notes.view,
      handle: ({ note }) => note,
    }),
    endpoint('GET /v1/notes', {
      summary: 'List',
      query: pageQuery(z.uuid()),
      access: signedIn,
      limit: '100/minute',
      reply: page(notes.view),
      handle: () => ({ items: behaviour.list(), next: null }),
    }),
    endpoint('PATCH /v1/notes/:note', {
      summary: 'Change',
      params: { note: notes },
      body: z.strictObject({ text: z.string().max(200).optional(), score: z.int().min(0).max(100).optional() }),
      access: any(owns('note'), role('admin')),
      limit: '100/minute',
      reply: notes.view,
      handle: ({ note, body }) => {
        const row = { ...note, text: body.text ?? note.text, score: body.score ?? note.score }
        notesTable.set(note.id, row)
        return row
      },
    }),
    endpoint('GET /v1/folders/:folder/notes/:note', {
      summary: 'Read under a folder',
      params: { folder: folders, note: notes.within('folder') },
      access: all(owns('folder'), owns('note')),
      limit: '100/minute',
      reply: notes.view,
      handle: ({ note }) => note,
    }),
    endpoint('POST /v1/notes/merge', {
      summary: 'Merge',
      body: z.strictObject({ notes: z.array(notes.ref).min(1).max(10) }),
      access: signedIn,
      limit: '100/minute',
      idempotency: 'required',
      reply: plain(
        z.strictObject({ texts: z.array(z.string().max(200)).max(10) }),
        'texts of notes that were checked one by one',
      ),
      handle: ({ body }) => ({ texts: body.notes.map((note) => note.text) }),
    }),
    endpoint('POST /v1/notes/:note/publish', {
      summary: 'Publish once',
      params: { note: notes },
      body: nothing,
      access: owns('note'),
      limit: '100/minute',
      flow: { once: true, perPrincipal: '3/day' },
      reply: nothing,
      handle: () => {},
    }),
    endpoint('POST /v1/notes/:note/burn', {
      summary: 'Needs a fresh sign-in',
      params: { note: notes },
      body: nothing,
      access: all(owns('note'), fresh('5m')),
      limit: '100/minute',
      reply: nothing,
      handle: () => {},
    }),
    endpoint('POST /v1/slow', {
      summary: 'Slow',
      body: nothing,
      access: signedIn,
      limit: { rate: '100/minute', timeout: '1s', concurrency: 2 },
      reply: nothing,
      handle: (_input, { signal }) => behaviour.slow(signal),
    }),
    endpoint('POST /v1/guess', {
      summary: 'Limited by what it names',
      body: z.strictObject({ email: z.string().max(100) }),
      access: anyone('a guess'),
      limit: { rate: '10/minute', by: [{ key: { from: 'body', name: 'email' }, rate: '2/minute' }] },
      reply: nothing,
      handle: () => {},
    }),
    endpoint('GET /v0/notes/:note', {
      summary: 'Old',
      params: { note: notes },
      access: reads('note'),
      limit: '100/minute',
      lifecycle: { deprecated: new Date('2026-01-01'), sunset: new Date('2026-06-01'), link: 'https://example.com/v1' },
      reply: notes.view,
      handle: ({ note }) => note,
    }),
  ],
})
