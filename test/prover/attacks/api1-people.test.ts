import { foreignPersonNamed } from '../../../src/prover/attacks/api1/foreign-person-named.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, type Account, caller, type NotesParts, ownNote } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'

/** Notes that can be shared with a colleague: the contract says that ids of people are authorized. */
const document = notesDocument({
  paths: {
    '/notes/{noteId}/viewers': {
      parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['userId'],
                properties: { userId: { type: 'string', maxLength: 64 } },
                additionalProperties: false,
              },
            },
          },
        },
        responses: { '204': { description: 'Shared.' } },
        'x-turnpike': {
          access: { owns: 'noteId' },
          limit: { rate: '100/minute' },
          params: { noteId: { resource: 'note' } },
        },
      },
    },
  },
})

const sharing = (mayBeNamed: (viewer: Account, by: Account) => boolean): NotesParts => ({
  routes: (app, { notes }) =>
    void app.post('/notes/:noteId/viewers', (request, response) => {
      if (!ownNote(request, response, notes)) return
      const viewer = ACCOUNTS.find(({ id }) => id === (request.body as { userId?: unknown }).userId)
      if (viewer && mayBeNamed(viewer, caller(response))) response.status(204).end()
      else response.status(400).json({ error: 'there is no such user' })
    }),
})

describeAttack({
  attack: foreignPersonNamed,
  document,
  vulnerable: sharing(() => true),
  fixed: sharing((viewer, by) => viewer.tenant === by.tenant),
})
