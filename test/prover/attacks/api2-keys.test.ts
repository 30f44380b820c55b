import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { revokedKey } from '../../../src/prover/attacks/api2/revoked-key.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { type Account, caller, type NotesParts, soundAuthentication, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

interface Key {
  readonly id: string
  readonly key: string
  readonly account: Account
  readonly name: string
}

/** The notes API with keys of users in `X-Api-Key`. */
function withKeys({ outlives = false, shows = true }: { outlives?: boolean; shows?: boolean } = {}): NotesParts {
  const listed = new Map<string, Key>()
  const honoured = new Map<string, Account>()
  return {
    authenticate: (request, notes) =>
      honoured.get(request.get('X-Api-Key') ?? '') ?? soundAuthentication(request, notes),
    routes(app) {
      app.post('/keys', (request, response) => {
        const made = { id: randomUUID(), key: `nk_${randomUUID()}`, account: caller(response), name: request.body.name }
        listed.set(made.id, made)
        honoured.set(made.key, made.account)
        response.status(201).json({ id: made.id, name: made.name, ...(shows ? { key: made.key } : {}) })
      })
      app.get('/keys', (_request, response) => {
        const own = [...listed.values()].filter(({ account }) => account.id === caller(response).id)
        response.json({ items: own.map(({ id, name }) => ({ id, name })) })
      })
      app.delete('/keys/:keyId', (request, response) => {
        const held = listed.get(request.params.keyId)
        if (held?.account.id !== caller(response).id) return void response.status(404).json({ error: 'not found' })
        listed.delete(held.id)
        if (!outlives) honoured.delete(held.key)
        response.status(204).end()
      })
    },
  }
}

const json = (schema: object) => ({ 'application/json': { schema } })
const key = { type: 'object', properties: { id: { type: 'string', format: 'uuid' }, name: { type: 'string' } } }
const base = notesDocument({
  paths: {
    '/keys': {
      get: {
        responses: {
          '200': {
            description: 'Keys.',
            content: json({ type: 'object', properties: { items: { type: 'array', items: key } } }),
          },
        },
      },
      post: {
        requestBody: {
          required: true,
          content: json({
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string', maxLength: 40 } },
          }),
        },
        responses: {
          '201': {
            description: 'Made.',
            content: json({ ...key, properties: { ...key.properties, key: { type: 'string' } } }),
          },
        },
      },
    },
    '/keys/{keyId}': {
      parameters: [{ name: 'keyId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
      delete: { responses: { '204': { description: 'Gone.' } } },
    },
  },
}) as { components: { securitySchemes: object } }
const document = {
  ...base,
  components: {
    ...base.components,
    securitySchemes: {
      ...base.components.securitySchemes,
      key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    },
  },
}

describeAttack({ attack: revokedKey, document, vulnerable: withKeys({ outlives: true }), fixed: withKeys() })

describe('a revoked key that cannot be told', () => {
  it('is not tested where the key is never shown', async () => {
    const server = await startNotes(withKeys({ outlives: true, shows: false }))
    try {
      const { results } = await runAttacks([revokedKey], server.url, { document })
      expect(results.map(({ outcome, why }) => `${outcome}: ${why}`)).toEqual([
        'not-tested: the answer that makes a key does not show it',
      ])
    } finally {
      await server.close()
    }
  })

  it('has no case in an API without keys', async () => {
    const server = await startNotes()
    try {
      expect((await runAttacks([revokedKey], server.url)).results).toEqual([])
    } finally {
      await server.close()
    }
  })
})
