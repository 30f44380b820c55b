import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { replyOutsideContract } from '../../../src/prover/attacks/api3/reply-outside-contract.ts'
import { restrictedField } from '../../../src/prover/attacks/api3/restricted-field.ts'
import { secretInReply } from '../../../src/prover/attacks/api3/secret-in-reply.ts'
import { secretsIn } from '../../../src/prover/attacks/api3/secrets.ts'
import { strayProperties } from '../../../src/prover/attacks/api3/stray-properties.ts'
import { widenedReply } from '../../../src/prover/attacks/api3/widened-reply.ts'
import { writeOnlyShown } from '../../../src/prover/attacks/api3/write-only-shown.ts'
import { accountParts, accountsDocument } from '../fixtures/accounts-api.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, caller, type NotesParts, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { type RunOptions, runAttacks } from '../fixtures/run-attack.ts'

const BCRYPT = '$2b$12$KIXQJ3vB0m9QwV1yq7Qm9e0oV8kQ5bW1a2c3d4e5f6g7h8i9j0k1l'
const VISA = '4242424242424242'

/** Notes that show more of themselves. */
const notesThatShow = (more: object | ((role: string) => object)): NotesParts => ({
  read(request, response, { notes }) {
    const account = caller(response)
    const note = account.role === 'admin' ? notes.get(String(request.params.noteId)) : ownNote(request, response, notes)
    if (note) response.json({ ...note, ...(typeof more === 'function' ? more(account.role) : more) })
    else if (account.role === 'admin') response.status(404).json({ error: 'not found' })
  },
})

const outcomes = async (attack: Attack, parts: Parameters<typeof startNotes>[0], options: RunOptions = {}) => {
  const server = await startNotes(parts)
  try {
    return await runAttacks([attack], server.url, options)
  } finally {
    await server.close()
  }
}

/** The document with properties of a note changed, and the schema closed or open. */
function noteDocument(properties: object, more: object = {}, paths: object = {}): object {
  const note = {
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid' },
      ownerId: { type: 'string' },
      title: { type: 'string' },
      text: { type: 'string' },
      ...properties,
    },
    ...more,
  }
  const { paths: usual } = notesDocument() as { paths: Record<string, Record<string, object>> }
  const content = { 'application/json': { schema: note } }
  return notesDocument({
    paths: {
      '/notes/{noteId}': {
        ...usual['/notes/{noteId}'],
        get: { responses: { '200': { description: 'Done.', content } } },
      },
      ...paths,
    },
  })
}

describeAttack({
  attack: replyOutsideContract,
  name: 'a closed schema',
  document: noteDocument({}, { additionalProperties: false }),
  vulnerable: notesThatShow({ shard: 7 }),
})

describeAttack({
  attack: replyOutsideContract,
  name: 'an open schema, a private name',
  vulnerable: notesThatShow({ internalNotes: 'a difficult customer' }),
  fixed: notesThatShow({ wordCount: 7 }),
})

/** A list of sellers that everybody may read, with more of them than its open schema says. */
const publicSellers = (more: object): NotesParts => ({
  before: (app) => void app.get('/sellers', (_request, response) => void response.json([{ name: 'Sam', ...more }])),
})
const sellersDocument = notesDocument({
  paths: {
    '/sellers': {
      get: {
        security: [],
        responses: {
          '200': {
            description: 'All.',
            content: {
              'application/json': {
                schema: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
              },
            },
          },
        },
      },
    },
    '/sellers/me': {
      patch: {
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                properties: { floorCents: { type: 'integer', description: 'The least; only for the seller' } },
              },
            },
          },
        },
        responses: { '204': { description: 'Done.' } },
      },
    },
  },
})
describeAttack({
  attack: replyOutsideContract,
  name: 'a contact in a public reply',
  document: sellersDocument,
  vulnerable: publicSellers({ email: 'sam@example.com' }),
  fixed: publicSellers({ createdAt: '2025-01-02T03:04:05Z', stock: 7 }),
})
describeAttack({
  attack: replyOutsideContract,
  name: 'what is described as for some, in a public reply',
  document: sellersDocument,
  vulnerable: publicSellers({ floorCents: 900 }),
  fixed: publicSellers({ priceCents: 1000, email: null }),
})

describeAttack({
  attack: secretInReply,
  name: 'a hash, under whatever name',
  document: accountsDocument(),
  vulnerable: accountParts({ shown: ({ id, email }) => ({ id, email, check: BCRYPT }) }),
  fixed: accountParts(),
})

describeAttack({
  attack: secretInReply,
  name: 'a card that the caller did not just type',
  vulnerable: notesThatShow({ cardNumber: VISA }),
  fixed: notesThatShow({ cardNumber: '************4242', orderNumber: VISA }),
})

describeAttack({
  attack: secretInReply,
  name: 'an export',
  document: notesDocument({
    paths: { '/export': { get: { responses: { '200': { description: 'All.', content: { 'text/csv': {} } } } } } },
  }),
  vulnerable: {
    routes: (app) =>
      app.get('/export', (_request, response) => void response.type('csv').send(`id,check\n1,${BCRYPT}\n`)),
  },
  fixed: {
    routes: (app) => app.get('/export', (_request, response) => void response.type('csv').send('id,check\n1,done\n')),
  },
})

describeAttack({
  attack: writeOnlyShown,
  document: accountsDocument({ password: { type: 'string', writeOnly: true } }),
  vulnerable: accountParts({ shown: ({ id, email, password }) => ({ id, email, password }) }),
  fixed: accountParts({ shown: ({ id, email }) => ({ id, email, password: '********' }) }),
})

describeAttack({
  attack: restrictedField,
  name: 'in the words of the document',
  document: noteDocument({ riskNote: { type: 'string', description: 'Visible to admins only.' } }),
  vulnerable: notesThatShow({ riskNote: 'watch him' }),
  fixed: notesThatShow((role) => (role === 'admin' ? { riskNote: 'watch him' } : {})),
})

describeAttack({
  attack: widenedReply,
  name: 'fields',
  vulnerable: {
    read(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (!note) return
      const row: Record<string, unknown> = { ...note, passwordHash: BCRYPT, internalNotes: 'a difficult customer' }
      const names = typeof request.query.fields === 'string' ? request.query.fields.split(',') : Object.keys(note)
      response.json(Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]])))
    },
  },
  fixed: {
    read(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (!note) return
      const names = typeof request.query.fields === 'string' ? request.query.fields.split(',') : Object.keys(note)
      response.json(Object.fromEntries(Object.entries(note).filter(([name]) => names.includes(name))))
    },
  },
})

describeAttack({
  attack: widenedReply,
  name: 'expand',
  vulnerable: {
    read(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (note)
        response.json(request.query.expand === undefined ? note : { ...note, team: ACCOUNTS.map(({ email }) => email) })
    },
  },
  fixed: {
    read(request, response, { notes }) {
      const note = ownNote(request, response, notes)
      if (note)
        response.json(request.query.expand === undefined ? note : { ...note, owner: { email: caller(response).email } })
    },
  },
})

describe('by the field rules of a contract', () => {
  const fields = { margin: { read: { role: 'admin' } }, shard: { read: false } }
  const rule = (access: object) => ({ access, limit: { rate: '100/minute' } })
  const { paths } = notesDocument() as { paths: Record<string, Record<string, object>> }
  const item = paths['/notes/{noteId}'] ?? {}
  const document = {
    ...noteDocument(
      {},
      {},
      { '/notes/{noteId}': { ...item, get: { ...item.get, 'x-turnpike': rule({ reads: 'note' }) } } },
    ),
    'x-turnpike': {
      version: 1,
      resources: {
        note: {
          id: 'id',
          owner: 'ownerId',
          tenant: null,
          read: { any: [{ owns: 'note' }, { role: 'admin' }] },
          fields,
        },
      },
    },
  }

  it('a field for a role that the owner is shown is a finding', async () => {
    const { results } = await outcomes(restrictedField, notesThatShow({ margin: 30 }), { document })
    expect(
      results.find(({ attacker, operation }) => attacker === 'alice' && operation === 'GET /notes/{noteId}'),
    ).toMatchObject({
      outcome: 'fail',
      why: expect.stringContaining('margin'),
    })
  })

  it('a field for nobody that an admin is shown is a finding', async () => {
    const { results } = await outcomes(
      restrictedField,
      notesThatShow((role) => (role === 'admin' ? { margin: 30, shard: 7 } : {})),
      { document },
    )
    expect(results.find(({ attacker }) => attacker === 'admin')).toMatchObject({
      outcome: 'fail',
      why: expect.stringContaining('shard'),
    })
    expect(
      results.find(({ attacker, operation }) => attacker === 'alice' && operation === 'GET /notes/{noteId}')?.outcome,
    ).toBe('pass')
  })

  it('where the permitted reader is shown no value either, nothing is concluded', async () => {
    const { results } = await outcomes(restrictedField, notesThatShow({}), { document })
    expect(
      results.find(({ attacker, operation }) => attacker === 'alice' && operation === 'GET /notes/{noteId}')?.outcome,
    ).toBe('inconclusive')
  })
})

describe('replies: what cannot be judged', () => {
  it('is inconclusive where the caller is not answered himself', async () => {
    const broken: NotesParts = { read: (_request, response) => void response.status(404).json({ error: 'not found' }) }
    for (const attack of [replyOutsideContract, secretInReply, widenedReply]) {
      const { results } = await outcomes(attack, broken)
      expect(results.find(({ operation }) => operation === 'GET /notes/{noteId}')?.outcome).toBe('inconclusive')
    }
  })

  it('is not tested where the document says nothing of the kind', async () => {
    for (const attack of [writeOnlyShown, restrictedField]) {
      const { counts } = await outcomes(attack, {})
      expect(counts).toEqual({ pass: 0, fail: 0, inconclusive: 0, 'not-tested': 1 })
    }
  })
})

describe('secretsIn', () => {
  const reader = { own: ['my-own-session-token'], subject: 'u-alice', isRead: true }
  const token = (sub: string) =>
    `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify({ sub })).toString('base64url')}.c2lnbmF0dXJl`

  it.each([
    ['a hash', { anything: BCRYPT }],
    ['argon2', { list: [{ pw: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA' }] }],
    ['a password by name', { user: { password: 'correct horse' } }],
    ['a salt', { passwordSalt: '9f86d081884c7d65' }],
    ['a private key', { pem: '-----BEGIN RSA PRIVATE KEY-----\nMIIE' }],
    ['a key of another service', { note: 'AKIAABCDEFGHIJKLMNOP' }],
    ['a reset token', { resetToken: 'd41d8cd98f00b204' }],
    ['a card', { creditCard: { cardNumber: '4242 4242 4242 4242' } }],
    ['a card code', { cvv: 123 }],
    ["somebody else's token", { last: token('u-bob') }],
  ])('sees %s', (_name, json) => expect(secretsIn(json, reader)).toHaveLength(1))

  it.each([
    ['a token of the next page', { nextPageToken: 'bm90aGluZw==', csrfToken: 'e3b0c44298fc1c14' }],
    ['words about passwords', { passwordChangedAt: '2026-01-01T00:00:00Z', hasPassword: true, passwordPolicy: 'long' }],
    ['masks', { password: '********', apiKey: 'tp_live_••••1234', cardNumber: '**** **** **** 4242' }],
    ['checksums of files', { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', etag: 'abc' }],
    [
      'numbers that only look like cards',
      { orderNumber: VISA, phone: '4242424242424242', cardNumber: '4242424242424241' },
    ],
    ['names of keys', { security: [{ apiKey: ['invoices:read'] }], secret: 'none at all', apiKey: 'header' }],
    ['the description of an API', { openapi: '3.1.0', paths: { '/a': { apiKey: 'a1b2c3d4e5f6' } } }],
    ['nothing', { password: null, secret: '', cvv: null }],
    ["the caller's own token", { accessToken: 'my-own-session-token', jwt: token('u-alice') }],
  ])('does not take for one: %s', (_name, json) => expect(secretsIn(json, reader)).toEqual([]))

  it('lets a thing just made show its secret once', () => {
    expect(secretsIn({ id: randomUUID(), secret: 'whsec_0123456789abcdef' }, { ...reader, isRead: false })).toEqual([])
  })
})

describe('strayProperties', () => {
  const item = { type: 'object', properties: { id: { type: 'string' } } }

  it('names each once, whatever the list holds', () =>
    expect(
      strayProperties(
        {
          items: [
            { id: '1', margin: 1 },
            { id: '2', margin: 2 },
          ],
        },
        { properties: { items: { items: item } } },
      ),
    ).toEqual([{ at: '/items/*/margin', isClosed: false, looksPrivate: true, isPersonal: false }]))

  it('lets every alternative speak', () =>
    expect(
      strayProperties({ id: '1', name: 'x' }, { oneOf: [item, { properties: { name: { type: 'string' } } }] }),
    ).toEqual([]))

  it('takes objects of which nothing is said as they are', () => {
    expect(strayProperties({ anything: { goes: 1 } }, { type: 'object' })).toEqual([])
    expect(
      strayProperties({ map: { a: { id: '1' } } }, { properties: { map: { additionalProperties: item } } }),
    ).toEqual([])
  })
})
