import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readHar } from '../../../src/prover/plan/har.ts'
import { templatesOf } from '../../../src/prover/plan/har-paths.ts'
import { identityOfToken } from '../../../src/prover/plan/identity-of-token.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOfHar } from '../../../src/prover/plan/plan-of-har.ts'

const BASE = new URL('https://api.example.com/v1')
const NOTE = '0b6f1c1d-2a3b-4c5d-8e6f-7a8b9c0d1e2f'

interface Recorded {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: unknown
  readonly type?: string
  readonly status?: number
  readonly reply?: unknown
  readonly encoding?: string
}

const entry = ({
  method = 'GET',
  url = '/notes',
  headers = [],
  body,
  type,
  status = 200,
  reply,
  encoding,
}: Recorded) => ({
  request: {
    method,
    url: url.startsWith('http') ? url : `${BASE.href}${url}`,
    httpVersion: 'http/2.0',
    headers: [[':authority', 'api.example.com'], [':path', url], ['User-Agent', 'x'], ...headers].map(
      ([name, value]) => ({ name, value }),
    ),
    ...(body === undefined
      ? {}
      : {
          postData: {
            mimeType: type ?? 'application/json;charset=UTF-8',
            text: typeof body === 'string' ? body : JSON.stringify(body),
          },
        }),
  },
  response: {
    status,
    content:
      reply === undefined
        ? {}
        : {
            mimeType: typeof reply === 'string' ? 'text/html' : 'application/json; charset=utf-8',
            text:
              encoding === 'base64'
                ? Buffer.from(JSON.stringify(reply)).toString('base64')
                : typeof reply === 'string'
                  ? reply
                  : JSON.stringify(reply),
            ...(encoding === undefined ? {} : { encoding }),
          },
  },
})

const har = (...entries: readonly Recorded[]) => ({ log: { version: '1.2', entries: entries.map(entry) } })

const AUTH = [['Authorization', 'Bearer eyJ-alice']] as const
const RECORDING = har(
  {
    method: 'POST',
    url: '/sign-in',
    body: { email: 'alice@example.com', password: 'pw' },
    reply: { token: 'eyJ-alice' },
  },
  { url: '/notes?page=1', headers: AUTH, reply: { items: [{ id: NOTE, ownerId: 7, title: 'a' }] } },
  {
    method: 'POST',
    headers: [...AUTH, ['X-CSRF-Token', 'c-1']],
    body: { title: 'hello there', folderId: 3 },
    status: 201,
    reply: { id: NOTE, ownerId: 7, title: 'hello there' },
    encoding: 'base64',
  },
  { url: `/notes/${NOTE}`, headers: AUTH, reply: { id: NOTE, ownerId: 7, title: 'a' } },
  { url: '/folders/3', headers: AUTH, reply: { id: 3 } },
  { method: 'DELETE', url: '/folders/9', headers: AUTH, status: 204 },
  { url: '/folders/9', headers: AUTH, reply: { id: 9 } },
  { url: '/gone', headers: AUTH, status: 404, reply: { error: 'no' } },
  { url: '/index.html', reply: '<html>' },
  { url: '/app.js', reply: 'x' },
  { method: 'OPTIONS', url: '/notes', status: 204 },
  { url: 'https://cdn.example.com/lib.js' },
  { url: 'https://api.example.com/v2/notes' },
)

describe('a recording', () => {
  const reading = readHar(RECORDING, BASE, 'alice')
  const operation = (id: string) => reading.document.operations.find((each) => each.id === id)

  it('is a document of what was used', () => {
    expect(reading.document.operations.map(({ id }) => id)).toEqual([
      'POST /sign-in',
      'GET /notes',
      'POST /notes',
      'GET /notes/{noteId}',
      'GET /folders/{folderId}',
      'DELETE /folders/{folderId}',
    ])
    expect(operation('GET /notes/{noteId}')?.parameters).toEqual([
      {
        name: 'noteId',
        in: 'path',
        required: true,
        schema: { type: 'string', format: 'uuid' },
        examples: [NOTE],
        description: '',
      },
    ])
    expect(operation('POST /notes')?.body?.content[0]?.schema).toEqual({
      type: 'object',
      properties: { title: { type: 'string' }, folderId: { type: 'integer' } },
      required: ['title', 'folderId'],
    })
    expect(operation('POST /notes')?.responses[0]?.content[0]?.schema.properties).toMatchObject({
      ownerId: { type: 'integer' },
    })
    expect(operation('POST /sign-in')).toMatchObject({ openOnPurpose: true, security: null })
  })

  it('keeps requests as they were, without credentials and what every browser sends', () => {
    expect(reading.samples['POST /notes']).toEqual([
      {
        identity: 'alice',
        params: {},
        query: [],
        headers: {},
        body: { title: 'hello there', folderId: 3 },
        mediaType: 'application/json',
      },
    ])
    expect(reading.samples['GET /notes']?.[0]?.query).toEqual([['page', '1']])
    expect(JSON.stringify(reading.samples)).not.toContain('eyJ-alice')
  })

  it('tells the ids that were used, made ones first, deleted ones not', () => {
    expect(reading.seen).toEqual({ note: [NOTE], folder: ['3'] })
  })

  it('tells where the credential stood, and what it left out', () => {
    expect(reading).toMatchObject({
      placeIsSeen: true,
      place: { in: 'header', name: 'Authorization', prefix: 'Bearer ' },
    })
    expect(reading.ignored).toEqual([
      'pages, scripts and pictures (2 times)',
      'preflights and tunnels',
      'requests to cdn.example.com',
      'requests outside /v1',
      'GET /gone never succeeded',
    ])
  })

  it('makes a plan: what is whose stays open where nothing says it', () => {
    const people = ['alice', 'bob'].map((name) => identityOfToken(name, `Bearer t-${name}`, reading.place))
    const plan = planOfHar(reading, { ...NO_HINTS, identities: people }, 'alice')
    // A token against forged requests is of one session.
    expect(plan.identities.map(({ headers }) => headers)).toEqual([{ 'x-csrf-token': 'c-1' }, undefined])
    expect(plan.notes.join()).toContain('writes need x-csrf-token, which the recording has of alice alone')
    expect(plan).toMatchObject({ source: 'har', auth: { login: 'POST /sign-in' } })
    expect(plan.identities[0]?.source).toEqual({ kind: 'token', token: 't-alice' })
    const [note, folder] = ['note', 'folder'].map((name) => plan.resources.find((each) => each.name === name))
    expect(note).toMatchObject({
      create: 'POST /notes',
      read: 'GET /notes/{noteId}',
      list: 'GET /notes',
      owner: 'ownerId',
      seen: { alice: [NOTE] },
    })
    expect(folder).toMatchObject({ private: 'unknown', known: {}, seen: { alice: ['3'] } })
  })
})

describe('places of credentials', () => {
  it.each([
    [[['authorization', 'Token abc']], { in: 'header', name: 'Authorization', prefix: 'Token ' }],
    [[['authorization', 'abcdef']], { in: 'header', name: 'Authorization', prefix: '' }],
    [[['X-Api-Key', 'k']], { in: 'header', name: 'x-api-key', prefix: '' }],
    [[['Cookie', 'theme=dark; XSRF-TOKEN=x; connect.sid=abc']], { in: 'cookie', name: 'connect.sid', prefix: '' }],
  ] as const)('%j', (headers, place) => {
    expect(readHar(har({ headers }), BASE, 'alice').place).toEqual(place)
  })

  it('of a cleaned recording are not seen', () => {
    expect(readHar(har({}), BASE, 'alice')).toMatchObject({ placeIsSeen: false, place: { name: 'Authorization' } })
  })
})

describe('path templates', () => {
  it.each([
    [['/orders/17/items/3'], '/orders/{orderId}/items/{itemId}'],
    [['/v2/users/5'], '/v2/users/{userId}'],
    [['/users/507f1f77bcf86cd799439011'], '/users/{userId}'],
    [['/charges/ch_3N9x'], '/charges/{chargeId}'],
    [['/posts/how-to-cook-rice-42'], '/posts/{postId}'],
    [['/users/alice@example.com/cart'], '/users/{userId}/cart'],
    [['/articles/my-first-text', '/articles/7', '/articles/a-b-c'], '/articles/{articleId}'],
    [['/articles/search', '/articles/7', '/articles/8'], '/articles/search'],
    [['/17/18'], '/{id}/{id2}'],
    [['/oauth2/token'], '/oauth2/token'],
    [['/api/line-items/4'], '/api/line-items/{lineItemId}'],
  ])('%j', (paths, template) => {
    expect(templatesOf(paths).templateOf(paths[0] as string)).toBe(template)
  })

  it('and their values give the path again', () => {
    const segment = fc.oneof(
      fc.nat().map(String),
      fc.uuid(),
      fc.constantFrom('orders', 'users', 'me', 'a-b-c', 'x1', '%zz', 'a%20b'),
    )
    fc.assert(
      fc.property(fc.array(fc.array(segment, { maxLength: 6 }), { minLength: 1, maxLength: 6 }), (all) => {
        const paths = all.map((segments) => `/${segments.join('/')}`)
        const { templateOf, parametersIn } = templatesOf(paths)
        for (const path of paths) {
          const values = parametersIn(path)
          expect(
            templateOf(path).replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '?')),
          ).toBe(path)
        }
      }),
    )
  })
})

describe('junk', () => {
  it.each([
    [null],
    [[]],
    ['text'],
    [{ log: 5 }],
    [
      {
        log: {
          entries: [
            null,
            5,
            {},
            { request: { url: 'no url', method: 4 } },
            { request: { url: 'https://api.example.com/v1/x', method: 'GET', headers: 'no' }, response: null },
          ],
        },
      },
    ],
  ])('%j is told, never thrown', (given) => {
    const { ignored, document } = readHar(given, BASE, 'alice')
    expect(ignored.length + document.operations.length).toBeGreaterThan(0)
  })

  it('of any kind is read without a throw', () => {
    const piece = fc.oneof(
      fc.jsonValue(),
      fc.record({
        request: fc.record({
          url: fc.constantFrom(`${BASE.href}/a/1`, `${BASE.href}/%zz`, 'x'),
          method: fc.constantFrom('GET', 'POST', ''),
          headers: fc.jsonValue(),
          postData: fc.jsonValue(),
        }),
        response: fc.oneof(
          fc.jsonValue(),
          fc.record({ status: fc.constantFrom(200, '200', null), content: fc.jsonValue() }),
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(piece), (entries) => {
        const reading = readHar({ log: { entries } }, BASE, 'alice')
        planOfHar(reading, { ...NO_HINTS, identities: [] }, 'alice')
      }),
    )
  })
})
