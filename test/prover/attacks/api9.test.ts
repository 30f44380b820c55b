import type { Express, RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { afterSunset } from '../../../src/prover/attacks/api9/after-sunset.ts'
import { commonPrefix, declaredAt } from '../../../src/prover/attacks/api9/declared-at.ts'
import { declaredButAbsent } from '../../../src/prover/attacks/api9/declared-but-absent.ts'
import { nonProductionServer } from '../../../src/prover/attacks/api9/non-production-server.ts'
import { pastSunset } from '../../../src/prover/attacks/api9/past-sunset.ts'
import { shadowSibling } from '../../../src/prover/attacks/api9/shadow-sibling.ts'
import { siblingVersion } from '../../../src/prover/attacks/api9/sibling-version.ts'
import { undeclaredAnswer } from '../../../src/prover/attacks/api9/undeclared-answer.ts'
import { undocumentedMethod } from '../../../src/prover/attacks/api9/undocumented-method.ts'
import { undocumentedPath } from '../../../src/prover/attacks/api9/undocumented-path.ts'
import { holdsSecrets, strangeNeighbour } from '../../../src/prover/attacks/api9/unlisted.ts'
import { weakerVersion } from '../../../src/prover/attacks/api9/weaker-version.ts'
import type { Plan } from '../../../src/prover/plan/plan.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, caller, type NotesParts, ownNote, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const routes = (
  add: (app: Express, notes: Parameters<NonNullable<NotesParts['routes']>>[1]) => unknown,
): NotesParts => ({
  routes: (app, notes) => void add(app, notes),
})
const open = (add: (app: Express) => unknown): NotesParts => ({ before: (app) => void add(app) })
const before = (add: (...given: Parameters<NonNullable<NotesParts['before']>>) => unknown): NotesParts => ({
  before: (app, notes) => void add(app, notes),
})

const told = async (attack: Attack, parts: NotesParts, document?: object) => {
  const server = await startNotes(parts)
  try {
    const { results } = await runAttacks([attack], server.url, document ? { document } : {})
    return results
  } finally {
    await server.close()
  }
}
const outcomes = async (attack: Attack, parts: NotesParts, document?: object) =>
  (await told(attack, parts, document)).map(({ operation, variant, outcome }) =>
    [operation, variant, outcome].filter((each) => each !== null).join(' '),
  )

describeAttack({
  attack: undocumentedMethod,
  vulnerable: routes((app, { notes }) =>
    app.put('/notes/:noteId', (request, response) => {
      const note = ownNote(request, response, notes)
      if (note) response.status(422).json({ error: 'title is missing' })
    }),
  ),
})
describeAttack({
  attack: undocumentedMethod,
  name: 'on a collection',
  vulnerable: routes((app) => app.patch('/notes', (_request, response) => void response.json({ changed: 0 }))),
})

describeAttack({
  attack: undocumentedPath,
  name: 'settings',
  vulnerable: open((app) =>
    app.get('/env', (_request, response) => void response.json({ NODE_ENV: 'production', DB_PASSWORD: 'hunter22' })),
  ),
})
describeAttack({
  attack: undocumentedPath,
  name: 'files',
  vulnerable: open((app) =>
    app.get('/.git/config', (_request, response) => void response.type('text').send('[core]\n\tbare = false\n')),
  ),
})
describeAttack({
  attack: undocumentedPath,
  name: 'metrics',
  vulnerable: open((app) =>
    app.get('/metrics', (_request, response) => void response.type('text').send('# TYPE requests_total counter\n')),
  ),
})
describeAttack({
  attack: undocumentedPath,
  name: 'a fuller description',
  vulnerable: open((app) =>
    app.get('/openapi.json', (_request, response) => void response.json({ paths: { '/notes': {}, '/payroll': {} } })),
  ),
  fixed: open((app) => app.get('/openapi.json', (_request, response) => void response.json(notesDocument()))),
})

describeAttack({
  attack: shadowSibling,
  name: 'collection',
  vulnerable: {
    read(request, response, { notes }) {
      if (request.params.noteId === 'export') return void response.json([...notes.values()])
      const note = ownNote(request, response, notes)
      if (note) response.json(note)
    },
  },
})
describeAttack({
  attack: shadowSibling,
  name: 'item',
  vulnerable: routes((app, { notes }) =>
    app.get('/notes/:noteId/raw', (request, response) => void response.json(notes.get(String(request.params.noteId)))),
  ),
})

describeAttack({
  attack: siblingVersion,
  vulnerable: routes((app) => app.get('/v1/me', (_request, response) => void response.json(caller(response)))),
})

describeAttack({
  attack: siblingVersion,
  name: 'of one kind of object, to anybody',
  vulnerable: before((app, { notes }) =>
    app.get('/v1/notes/:noteId', (request, response) => {
      const note = notes.get(request.params.noteId)
      if (note) response.json(note)
      else response.status(404).json({ error: 'not found' })
    }),
  ),
})

const read = (notes: ReadonlyMap<string, { readonly ownerId: string }>, mayBeAnybodys: boolean) =>
  ((request, response) => {
    const note = notes.get(String(request.params.noteId))
    if (note && (mayBeAnybodys || note.ownerId === caller(response).id)) response.json(note)
    else response.status(404).json({ error: 'not found' })
  }) satisfies RequestHandler
const versions = (mayBeAnybodys: boolean): NotesParts =>
  routes((app, { notes }) => {
    app.get('/v1/notes/:noteId', read(notes, mayBeAnybodys))
    app.get('/v2/notes/:noteId', read(notes, false))
  })
const versioned = notesDocument({
  paths: Object.fromEntries(
    ['v1', 'v2'].map((version) => [
      `/${version}/notes/{noteId}`,
      {
        parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
        get: { deprecated: version === 'v1', responses: { '200': { description: 'Done.' } } },
      },
    ]),
  ),
})
describeAttack({
  attack: weakerVersion,
  document: versioned,
  vulnerable: versions(true),
  fixed: versions(false),
})

const withOperation = (path: string, get: object) =>
  notesDocument({
    paths: { [path]: { get: { responses: { '200': { description: 'Done.' } }, ...get } } },
  })
const old = (sunset?: Date): NotesParts =>
  routes((app) =>
    app.get('/old', (_request, response) => {
      if (sunset) response.set('Sunset', sunset.toUTCString())
      response.json({ total: 3 })
    }),
  )
const LONG_AGO = new Date('2020-01-01T00:00:00Z')
const FAR_OFF = new Date('2099-01-01T00:00:00Z')

describeAttack({
  attack: afterSunset,
  document: withOperation('/old', { deprecated: true }),
  vulnerable: old(LONG_AGO),
  fixed: old(FAR_OFF),
})

describe('121 past-sunset', () => {
  const DAY = 86_400_000
  const end = () => new Date(Date.now() + 30 * DAY)
  const ending = (sunset: Date) =>
    withOperation('/old', {
      'x-turnpike': { access: { signedIn: true }, limit: { rate: '100/minute' }, sunset: sunset.toISOString() },
    })
  /** The server and the prover live by one clock, which waiting moves. */
  async function outcome(keepsItsWord: boolean): Promise<string | undefined> {
    let moved = 0
    const sunset = end()
    const now = () => Date.now() + moved
    const server = await startNotes(
      routes((app) =>
        app.get('/old', (_request, response) => {
          if (keepsItsWord && now() > sunset.getTime()) response.status(410).json({ error: 'gone' })
          else response.json({ old: 'but kept', by: 'alice' })
        }),
      ),
    )
    try {
      const { results } = await runAttacks([pastSunset], server.url, {
        document: ending(sunset),
        now,
        wait: async (milliseconds) => {
          moved += milliseconds
        },
      })
      return results[0]?.outcome
    } finally {
      await server.close()
    }
  }

  it('goes through on the vulnerable server', async () => expect(await outcome(false)).toBe('fail'))
  it('is held by the fixed twin', async () => expect(await outcome(true)).toBe('pass'))
  it('is not tested where time cannot be moved', async () => {
    const [result] = await told(pastSunset, old(), ending(end()))
    expect(result).toMatchObject({ outcome: 'not-tested' })
  })
})

describeAttack({
  attack: undeclaredAnswer,
  name: 'media type',
  document: withOperation('/report', {
    responses: { '200': { description: 'Done.', content: { 'application/json': { schema: {} } } } },
  }),
  vulnerable: routes((app) => app.get('/report', (_request, response) => void response.send('<p>3 notes</p>'))),
  fixed: routes((app) => app.get('/report', (_request, response) => void response.json({ notes: 3 }))),
})
describeAttack({
  attack: undeclaredAnswer,
  name: 'status',
  document: withOperation('/report', {}),
  vulnerable: routes((app) => app.get('/report', (_request, response) => void response.status(203).json({ notes: 3 }))),
  fixed: routes((app) => app.get('/report', (_request, response) => void response.json({ notes: 3 }))),
})

describeAttack({
  attack: declaredButAbsent,
  document: withOperation('/planned', {}),
  vulnerable: {},
  fixed: routes((app) => app.get('/planned', (_request, response) => void response.json({ here: true }))),
})
describeAttack({
  attack: declaredButAbsent,
  name: '405',
  document: withOperation('/planned', {}),
  vulnerable: routes((app) => app.get('/planned', (_request, response) => void response.status(405).json({}))),
  fixed: routes((app) => app.get('/planned', (_request, response) => void response.json({ here: true }))),
})

const servers = (...urls: readonly string[]) => ({ ...notesDocument(), servers: urls.map((url) => ({ url })) })

describe('124 non-production-server', () => {
  it.each([
    ['fail', ['https://api.example.com', 'https://staging.example.com/v1']],
    ['fail', ['https://api.example.com', 'http://10.0.0.7:8080']],
    ['fail', ['https://api.example.com', 'https://api-dev.example.com']],
    ['fail', ['https://api.example.com', 'http://notes.internal']],
    ['pass', ['https://api.example.com', 'https://eu.api.example.com']],
    // The target itself, which is this machine.
    ['pass', ['https://api.example.com', 'http://localhost:3000']],
    ['pass', ['https://developer.example.com/latest', 'https://contest.example.com']],
    // A document for developers alone.
    ['pass', ['http://localhost:3000', 'https://staging.example.com']],
  ])('%s: %j', async (outcome, urls) => {
    expect(await outcomes(nonProductionServer, {}, servers(...urls))).toEqual([outcome])
  })

  it('does not apply where no server is listed', async () => {
    expect(await outcomes(nonProductionServer, {})).toEqual([])
  })
})

describe('the inventory: what is no finding, and what nothing follows from', () => {
  /** 200 for anything, as one-page applications have it. */
  const softly = (path: RegExp): NotesParts => ({
    after: (app) =>
      app.use((request, response, next) => {
        if (path.test(request.path)) response.json({ ok: false, hint: `nothing at ${request.path}`, data: [] })
        else next()
      }),
  })

  it('takes a soft 404 for what it is', async () => {
    const page: NotesParts = {
      before: (app) =>
        app.use((request, response, next) => {
          if (request.method === 'GET' && !/^\/(me|notes)(\/|$)/.test(request.path))
            response.type('html').send(`<html><title>Notes</title>${request.path}</html>`)
          else next()
        }),
    }
    for (const attack of [undocumentedPath, siblingVersion, undocumentedMethod])
      expect((await outcomes(attack, page)).filter((each) => !each.endsWith('pass'))).toEqual([])
    expect((await outcomes(shadowSibling, softly(/./))).filter((each) => !each.endsWith('pass'))).toEqual([])
  })

  it('takes words that any path is answered with for what they are', async () => {
    const echo: NotesParts = {
      after: (app) => app.use((request, response) => void response.json({ path: request.path, known: false })),
    }
    for (const attack of [undocumentedPath, shadowSibling, siblingVersion])
      expect((await outcomes(attack, echo)).filter((each) => !each.endsWith('pass'))).toEqual([])
  })

  it('leaves a tag alone that is called like a tool', async () => {
    const tags = ['all', 'export', 'work']
    const tag = { type: 'object', properties: { slug: { type: 'string' } } }
    const reply = (schema: object) => ({ '200': { description: 'Done.', content: { 'application/json': { schema } } } })
    const document = notesDocument({
      paths: {
        '/tags': { get: { responses: reply({ type: 'array', items: tag }) } },
        '/tags/{slug}': {
          parameters: [{ name: 'slug', in: 'path', required: true, schema: { type: 'string' } }],
          get: { responses: reply(tag) },
        },
      },
    })
    const parts = routes((app) => {
      app.get('/tags', (_request, response) => void response.json(tags.map((slug) => ({ slug }))))
      app.get('/tags/:slug', (request, response) => {
        const slug = String(request.params.slug)
        if (tags.includes(slug)) response.json({ slug, notes: 2 })
        else response.status(404).json({ error: 'not found' })
      })
    })
    expect((await outcomes(shadowSibling, parts, document)).filter((each) => each.endsWith('fail'))).toEqual([])
  })

  it('leaves what is declared alone', async () => {
    const parts = open((app) => app.get('/metrics', (_request, response) => void response.send('# HELP up Up.\n')))
    const document = withOperation('/metrics', { security: [] })
    expect((await outcomes(undocumentedPath, parts, document)).filter((each) => each.endsWith('fail'))).toEqual([])
  })

  it('takes a missing object for no missing operation', async () => {
    const document = withOperation('/notes/{noteId}/picture', {
      parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
    })
    const parts = routes((app) =>
      app.get('/notes/:noteId/picture', (_request, response) => void response.status(404).json({ error: 'not found' })),
    )
    const results = await outcomes(declaredButAbsent, parts, document)
    expect(results).toContain('GET /notes/{noteId}/picture not-tested')
  })

  it('tells a missing operation from a missing object where the API does', async () => {
    const document = withOperation('/notes/{noteId}/picture', {
      parameters: [{ name: 'noteId', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
    })
    const parts: NotesParts = {
      after: (app) =>
        app.use((request, response) => void response.status(404).json({ error: `no route ${request.path}` })),
    }
    const results = await outcomes(declaredButAbsent, parts, document)
    expect(results).toContain('GET /notes/{noteId}/picture fail')
    expect(results.filter((each) => each.endsWith('fail'))).toHaveLength(1)
  })

  it('tells as information what is deprecated and nobody says until when', async () => {
    const results = await told(afterSunset, old(), withOperation('/old', { deprecated: true }))
    expect(results.find(({ operation }) => operation === 'GET /old')).toMatchObject({
      outcome: 'fail',
      severity: 'info',
    })
  })

  it('knows the end that the contract sets', async () => {
    const extension = { access: { signedIn: true }, limit: { rate: '100/minute' } }
    const ended = (sunset: Date) =>
      withOperation('/old', { 'x-turnpike': { ...extension, sunset: sunset.toISOString() } })
    const of = async (parts: NotesParts, day: Date) =>
      (await told(afterSunset, parts, ended(day))).find(({ operation }) => operation === 'GET /old')?.outcome
    const gone = routes((app) => app.get('/old', (_request, response) => void response.status(410).json({})))
    expect(await of(old(), LONG_AGO)).toBe('fail')
    expect(await of(gone, LONG_AGO)).toBe('pass')
    expect(await of(old(), FAR_OFF)).toBe('pass')
  })

  it('concludes nothing where the owner is refused, or the target fails', async () => {
    expect(await outcomes(siblingVersion, { authenticate: () => null })).toEqual(['inconclusive'])
    const broken = routes((app) => app.put('/notes', (_request, response) => void response.status(500).json({})))
    expect(await outcomes(undocumentedMethod, broken)).toContain('GET /notes PUT PATCH inconclusive')
  })
})

describe('paths', () => {
  const plan = {
    operations: ['/api/v1/notes', '/api/v1/notes/{id}', '/api/v1/users/me'].map((path) => ({ path })),
  } as unknown as Plan

  it('finds what takes a path', () => {
    expect(declaredAt(plan, '/api/v1/notes/7').map(({ path }) => path)).toEqual(['/api/v1/notes/{id}'])
    expect(declaredAt(plan, '/api/v1/users/7')).toEqual([])
    expect(declaredAt(plan, '/api/v1/notes/').map(({ path }) => path)).toEqual(['/api/v1/notes'])
  })

  it('finds what all paths begin with', () => {
    expect(commonPrefix(plan)).toBe('/api/v1')
  })

  it('makes up neighbours of the same kind', () => {
    expect(strangeNeighbour('/config.json', 'tp1')).toBe('/tp1.json')
    expect(strangeNeighbour('/.git/HEAD', 'tp1')).toBe('/.git/tp1')
    expect(strangeNeighbour('/.env', 'tp1')).toBe('/.tp1')
    expect(strangeNeighbour('/debug/pprof/', 'tp1')).toBe('/debug/tp1/')
  })

  it('knows secrets by name and form', () => {
    expect(holdsSecrets('DB_PASSWORD=hunter22')).toBe(true)
    expect(holdsSecrets('{"url":"postgres://app:x@db/notes"}')).toBe(true)
    expect(holdsSecrets(JSON.stringify(ACCOUNTS))).toBe(false)
  })
})
