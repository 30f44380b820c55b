import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { onceInParallel } from '../../../src/prover/attacks/api6/once-in-parallel.ts'
import { onceRepeated } from '../../../src/prover/attacks/api6/once-repeated.ts'
import { readConfig } from '../../../src/prover/plan/read-config.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const json = (schema: object) => ({ 'application/json': { schema } })
const done = (properties: object = {}) => ({
  '200': { description: 'Done.', content: json({ type: 'object', properties }) },
})
const taking = (field: string, more: object = {}) => ({
  requestBody: {
    required: true,
    content: json({ type: 'object', required: [field], properties: { [field]: { type: 'string', minLength: 4 } } }),
  },
  responses: done(),
  ...more,
})

interface Vouchers {
  readonly check?: 'late' | 'never'
  readonly lists?: boolean
}

/** Vouchers that put money on an account, each once. */
function vouchers({ check, lists = true }: Vouchers = {}): NotesParts {
  const unused = new Set(['SPRING-10', 'SUMMER-20', 'AUTUMN-30', 'WINTER-40', 'FIFTH-50', 'SIXTH-60'])
  const known = new Set(unused)
  const balances = new Map<string, number>()
  return {
    routes(app) {
      app.get('/vouchers', (_request, response) => {
        response.json({ items: lists ? [...unused].map((code) => ({ code })) : [] })
      })
      app.post('/credits/redeem', async (request, response) => {
        const { code } = request.body as { code: string }
        if (!known.has(code)) return void response.status(404).json({ error: 'no such voucher' })
        if (!unused.has(code) && check !== 'never') return void response.status(409).json({ error: 'used' })
        if (check === 'late') await delay(200)
        unused.delete(code)
        const { id } = caller(response)
        balances.set(id, (balances.get(id) ?? 0) + 10)
        response.json({ balance: balances.get(id) })
      })
    },
  }
}

const voucherDocument = notesDocument({
  paths: {
    '/vouchers': {
      get: {
        responses: done({
          items: { type: 'array', items: { type: 'object', properties: { code: { type: 'string' } } } },
        }),
      },
    },
    '/credits/redeem': {
      post: taking('code', { summary: 'Redeem a voucher', description: 'Each voucher works once.' }),
    },
  },
})

describeAttack({
  attack: onceInParallel,
  name: 'a code that the API lists',
  document: voucherDocument,
  vulnerable: vouchers({ check: 'late' }),
  fixed: vouchers(),
})

/** Invitations are an admin's to give; whoever has the token is in. */
function invitations(outlives = false): NotesParts {
  const open = new Set<string>()
  return {
    routes(app) {
      app.post('/invitations', (_request, response) => {
        if (caller(response).role !== 'admin') return void response.status(403).json({ error: 'admins only' })
        const token = randomUUID()
        open.add(token)
        response.status(201).json({ id: randomUUID(), token })
      })
      app.post('/invitations/accept', (request, response) => {
        const { token } = request.body as { token: string }
        if (!open.has(token)) return void response.status(410).json({ error: 'used' })
        if (!outlives) open.delete(token)
        response.json({ tenant: 'acme' })
      })
    },
  }
}
const invitationDocument = notesDocument({
  paths: {
    '/invitations': {
      post: {
        summary: 'Invite somebody (admins)',
        responses: {
          '201': {
            description: 'Made.',
            content: json({ type: 'object', properties: { id: { type: 'string' }, token: { type: 'string' } } }),
          },
        },
      },
    },
    '/invitations/accept': {
      post: taking('token', {
        responses: { ...done(), '410': { description: 'The invitation has been used or has expired.' } },
      }),
    },
  },
})

describeAttack({
  attack: onceRepeated,
  name: 'a token that an admin gives',
  document: invitationDocument,
  vulnerable: invitations(true),
  fixed: invitations(),
})

/** Notes that are rated, each once by each reader. */
function ratings(repeats = false): NotesParts {
  const rated = new Set<string>()
  return {
    routes(app) {
      app.post('/notes/:noteId/rating', (request, response) => {
        const key = `${request.params.noteId} ${caller(response).id}`
        if (rated.has(key) && !repeats) return void response.status(409).json({ error: 'rated already' })
        rated.add(key)
        response.json({ id: randomUUID(), stars: (request.body as { stars: number }).stars })
      })
    },
  }
}
const ratingDocument = notesDocument({
  paths: {
    '/notes/{noteId}/rating': {
      parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
      post: {
        description: 'A note is rated once.',
        requestBody: {
          required: true,
          content: json({
            type: 'object',
            required: ['stars'],
            properties: { stars: { type: 'integer', minimum: 1, maximum: 5 } },
          }),
        },
        responses: done({ id: { type: 'string' }, stars: { type: 'integer' } }),
      },
    },
  },
})
describeAttack({
  attack: onceRepeated,
  name: 'two ids where words say once',
  document: ratingDocument,
  vulnerable: ratings(true),
  fixed: ratings(),
})

const results = async (parts: NotesParts, options: Parameters<typeof runAttacks>[2]) => {
  const server = await startNotes(parts)
  try {
    const run = await runAttacks([onceInParallel], server.url, options)
    return run.results.map(({ outcome, why }) => `${outcome}: ${why}`)
  } finally {
    await server.close()
  }
}

describe('codes: what nothing follows from', () => {
  it('a code that nobody knows is asked for', async () => {
    expect(await results(vouchers({ check: 'late', lists: false }), { document: voucherDocument })).toEqual([
      expect.stringMatching(/^not-tested: no code is known .*bodies/),
    ])
  })

  it('a code that always works is no race', async () => {
    expect(await results(vouchers({ check: 'never' }), { document: voucherDocument })).toEqual([
      expect.stringMatching(/^pass: .*once-repeated/),
    ])
  })

  it('the configuration lends codes, one for each use', async () => {
    const text = `
operations:
  POST /credits/redeem:
    bodies: [{ code: SPRING-10 }, { code: SUMMER-20 }, { code: AUTUMN-30 }]
`
    const { samples } = readConfig(text, 'turnpike.yaml', {}).planConfig
    const parts = vouchers({ check: 'late', lists: false })
    expect(await results(parts, { document: voucherDocument, hints: { samples } })).toEqual([
      expect.stringMatching(/^fail: .*one code/),
    ])
  })
})
