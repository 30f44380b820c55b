import { anyone, api, endpoint, nothing, owns, plain, resource, role, signedIn, stream } from 'turnpike'
import { z } from 'zod'

export interface NoteRow {
  id: string
  ownerId: string
  tenantId: string
  text: string
}
export const rows = new Map<string, NoteRow>()

const notes = resource('note', {
  schema: z.strictObject({
    id: z.uuid(),
    ownerId: z.string().max(40),
    tenantId: z.string().max(40),
    text: z.string().max(200),
  }),
  id: 'id',
  owner: 'ownerId',
  tenant: 'tenantId',
  find: (ids) => ids.flatMap((id) => rows.get(id) ?? []),
})

/** What the slow endpoint does; tests replace it. */
export const behaviour = { slow: async (_signal: AbortSignal): Promise<void> => {} }

/** A small API with one of everything that a host must carry: rows, bodies, streams, a slow handler. */
export const notesApi = api({
  title: 'Notes <b>&amp;</b> "quotes"',
  description: 'Text with <script>alert(1)</script> in it.',
  publicDocs: true,
  endpoints: [
    endpoint('GET /v1/notes/:note', {
      summary: 'Read one note',
      params: { note: notes },
      access: owns('note'),
      limit: '1000/minute',
      reply: notes.view,
      handle: ({ note }) => note,
    }),
    endpoint('POST /v1/echo', {
      summary: 'Say it again',
      body: z.strictObject({ text: z.string().max(50_000) }),
      access: signedIn,
      limit: { rate: '1000/minute', maxBytes: 60_000 },
      reply: plain(z.strictObject({ text: z.string().max(50_000) }), "it is the caller's own text"),
      handle: ({ body }) => ({ text: body.text }),
    }),
    endpoint('POST /v1/slow', {
      summary: 'Take its time',
      body: nothing,
      access: signedIn,
      limit: { rate: '1000/minute', timeout: '20s' },
      reply: nothing,
      handle: (_input, { signal }) => behaviour.slow(signal),
    }),
    endpoint('GET /v1/slow', {
      summary: 'Take its time, and say so',
      access: anyone('a test'),
      limit: { rate: '1000/minute', timeout: '20s' },
      reply: plain(z.strictObject({ done: z.boolean() }), 'nothing of anybody'),
      handle: async (_input, { signal }) => {
        await behaviour.slow(signal)
        return { done: true }
      },
    }),
    endpoint('GET /v1/stream', {
      summary: 'Bytes, piece by piece',
      access: role('admin'),
      limit: '1000/minute',
      reply: stream('text/plain; charset=utf-8', 'numbers of nobody'),
      handle: async function* () {
        for (const piece of ['one ', 'two ', 'three']) yield piece
      },
    }),
  ],
})
