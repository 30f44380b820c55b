import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import express, { type Express } from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from '../../../src/prover/attack.ts'
import { commandInjection } from '../../../src/prover/attacks/api8/command-injection.ts'
import { newComputed } from '../../../src/prover/attacks/api8/computed.ts'
import { headerInjection } from '../../../src/prover/attacks/api8/header-injection.ts'
import { loginInjection } from '../../../src/prover/attacks/api8/login-injection.ts'
import { nosqlInjection } from '../../../src/prover/attacks/api8/nosql-injection.ts'
import { pathTraversal } from '../../../src/prover/attacks/api8/path-traversal.ts'
import { sqlInjection } from '../../../src/prover/attacks/api8/sql-injection.ts'
import { templateInjection } from '../../../src/prover/attacks/api8/template-injection.ts'
import { xmlEntities } from '../../../src/prover/attacks/api8/xml-entities.ts'
import { seeded } from '../../../src/prover/prove.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, caller, type NotesParts, PASSWORD, signToken, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const withQuery = (path: string, name: string, more: object = {}) =>
  notesDocument({
    paths: {
      [path]: {
        get: {
          parameters: [{ name, in: 'query', schema: { type: 'string' } }],
          responses: { '200': { description: 'Found.' } },
          ...more,
        },
      },
    },
  })

const search = withQuery('/search', 'q')

const route = (path: string, handle: (value: unknown, me: string) => unknown): NotesParts => ({
  routes: (app: Express) =>
    app.get(path, async (request, response) => {
      const [value] = Object.values(request.query)
      response.json(await handle(value, caller(response).id))
    }),
})

describe('SQL', () => {
  let database: PGlite
  beforeAll(async () => {
    database = new PGlite()
    await database.exec(`CREATE TABLE notes (id text PRIMARY KEY, owner text, title text, body text);
      CREATE TABLE people (email text, password text);
      INSERT INTO notes VALUES ('n1', 'u-alice', 'shopping', ''), ('n2', 'u-bob', 'taxes', '');
      INSERT INTO people VALUES ${ACCOUNTS.map(({ email }) => `('${email}', '${PASSWORD}')`).join(', ')}`)
  })
  afterAll(() => database.close())
  const rows = async (sql: string, values: unknown[] = []) => (await database.query(sql, values)).rows

  describeAttack({
    attack: sqlInjection,
    name: 'search',
    document: search,
    vulnerable: route('/search', (q, me) =>
      rows(`SELECT id, title FROM notes WHERE owner = '${me}' AND title LIKE '%${String(q)}%'`),
    ),
    fixed: route('/search', (q, me) =>
      rows('SELECT id, title FROM notes WHERE owner = $1 AND title LIKE $2', [me, `%${String(q)}%`]),
    ),
  })
  describeAttack({
    attack: sqlInjection,
    name: 'number',
    document: withQuery('/by-size', 'size'),
    vulnerable: route('/by-size', async (size) => {
      const found = await rows(`SELECT id FROM notes WHERE length(title) = ${String(size)}`).catch(() => [])
      return { found }
    }),
    fixed: route('/by-size', async (size) => ({
      found: /^\d{1,9}$/.test(String(size))
        ? await rows('SELECT id FROM notes WHERE length(title) = $1', [Number(size)])
        : [],
    })),
  })
  const creating = (insert: (id: string, me: string, title: string) => Promise<unknown>): NotesParts => ({
    async create(request, response, { notes }) {
      const { title } = request.body as { title: string }
      const id = crypto.randomUUID()
      await insert(id, caller(response).id, title)
      const [row] = (await rows('SELECT title FROM notes WHERE id = $1', [id])) as { title: string }[]
      const note = { id, ownerId: caller(response).id, title: row?.title ?? '', text: '' }
      notes.set(id, note)
      response.status(201).json(note)
    },
  })
  describeAttack({
    attack: sqlInjection,
    name: 'insert',
    vulnerable: creating((id, me, title) =>
      rows(`INSERT INTO notes (id, owner, title) VALUES ('${id}', '${me}', '${title}')`),
    ),
    fixed: creating((id, me, title) =>
      rows('INSERT INTO notes (id, owner, title) VALUES ($1, $2, $3)', [id, me, title]),
    ),
  })

  const signingIn = (find: (email: string, password: string) => Promise<unknown[]>): NotesParts => ({
    async login(request, response) {
      const { email, password } = request.body as { email: unknown; password: unknown }
      const found = (await find(String(email), String(password)).catch(() => [])) as { email: string }[]
      const account = ACCOUNTS.find((each) => each.email === found[0]?.email)
      if (account) response.json({ token: signToken(account) })
      else response.status(401).json({ error: 'wrong e-mail or password' })
    },
  })
  describeAttack({
    attack: loginInjection,
    name: 'SQL',
    vulnerable: signingIn((email, password) =>
      rows(`SELECT email FROM people WHERE email = '${email}' AND password = '${password}'`),
    ),
    fixed: signingIn((email, password) =>
      rows('SELECT email FROM people WHERE email = $1 AND password = $2', [email, password]),
    ),
  })
})

/** As a document store takes a filter that it is handed. */
function matches(value: string, filter: unknown): boolean {
  if (typeof filter !== 'object' || filter === null) return value === filter
  return Object.entries(filter).every(([operator, operand]) => {
    if (operator === '$ne') return value !== operand
    if (operator === '$in') return (operand as unknown[]).includes(value)
    return false
  })
}

const TITLES = ['shopping', 'taxes']
const nested: NotesParts = { before: (app) => app.set('query parser', 'extended') }

describeAttack({
  attack: nosqlInjection,
  document: search,
  vulnerable: { ...nested, ...route('/search', (q) => ({ found: TITLES.filter((title) => matches(title, q)) })) },
  fixed: {
    ...nested,
    ...route('/search', (q) => ({ found: TITLES.filter((title) => typeof q === 'string' && matches(title, q)) })),
  },
})

describeAttack({
  attack: loginInjection,
  name: 'operator',
  vulnerable: {
    login(request, response) {
      const { email, password } = request.body as { email: unknown; password: unknown }
      const account = ACCOUNTS.find((each) => matches(each.email, email) && matches(PASSWORD, password))
      if (account) response.json({ token: signToken(account) })
      else response.status(401).json({ error: 'wrong e-mail or password' })
    },
  },
})

/** What a template engine does with a product. */
const rendered = (text: string) =>
  text.replaceAll(/\{\{(\d{1,6})\*(\d{1,6})\}\}/g, (_, left, right) => String(Number(left) * Number(right)))

describeAttack({
  attack: templateInjection,
  vulnerable: {
    read(request, response, { notes }) {
      const note = notes.get(String(request.params.noteId))
      if (note) response.json({ ...note, title: rendered(note.title) })
      else response.status(404).json({ error: 'not found' })
    },
  },
})
describeAttack({
  attack: templateInjection,
  name: 'greeting',
  document: withQuery('/greeting', 'name'),
  vulnerable: route('/greeting', (name) => ({ text: rendered(`Hello ${String(name)}`) })),
  fixed: route('/greeting', (name) => ({ text: `Hello ${String(name)}` })),
})

const run = (program: string, args: readonly string[]) =>
  new Promise<string>((done) => {
    execFile(program, args, { timeout: 2_000 }, (_error, out) => done(out))
  })

describeAttack({
  attack: commandInjection,
  document: withQuery('/lookup', 'host'),
  vulnerable: route('/lookup', async (host) => ({
    out: await run('/bin/sh', ['-c', `echo looking up ${String(host)}`]),
  })),
  fixed: route('/lookup', async (host) => ({ out: await run('echo', ['looking up', String(host)]) })),
})

const FOLDER = '/usr/share/doc'
const read = (path: string) => {
  try {
    return { text: readFileSync(path, 'utf8').slice(0, 2_000) }
  } catch {
    return { text: '' }
  }
}

describeAttack({
  attack: pathTraversal,
  document: withQuery('/download', 'file'),
  vulnerable: route('/download', (file) => read(join(FOLDER, String(file)))),
  fixed: route('/download', (file) => read(join(FOLDER, basename(String(file))))),
})

/** An XML parser as old ones were: entities of the document are replaced, files too. */
const parsed = (xml: string, entities: boolean) => {
  const declared = [...xml.matchAll(/<!ENTITY (\w{1,20}) (SYSTEM )?"([^"]{1,200})">/g)]
  const value = (text: string): string =>
    text.replaceAll(/&(\w{1,20});/g, (whole, name) => {
      const found = entities ? declared.find((each) => each[1] === name) : undefined
      if (!found) return whole
      return found[2] ? read((found[3] as string).replace('file://', '')).text : value(found[3] as string)
    })
  return value(/<title>([^<]{0,500})<\/title>/.exec(xml)?.[1] ?? '')
}

const takingXml = (entities: boolean): NotesParts => ({
  routes: (app) =>
    app.post('/imports', express.text({ type: 'application/xml' }), (request, response) => {
      const xml = String(request.body)
      response.status(201).json({ id: 'i1', title: parsed(xml, entities) })
    }),
})
const xmlDocument = notesDocument({
  paths: {
    '/imports': {
      post: {
        requestBody: {
          content: { 'application/xml': { schema: { type: 'object', properties: { title: { type: 'string' } } } } },
        },
        responses: { '201': { description: 'Taken.' } },
      },
    },
  },
})
describeAttack({ attack: xmlEntities, document: xmlDocument, vulnerable: takingXml(true), fixed: takingXml(false) })

/** A redirect written by hand, as Node.js itself refuses to write it. */
describeAttack({
  attack: headerInjection,
  document: withQuery('/go', 'next', { responses: { '302': { description: 'There.' } } }),
  vulnerable: {
    routes: (app) =>
      app.get('/go', (request, response) => {
        response.socket?.end(
          `HTTP/1.1 302 Found\r\nLocation: ${String(request.query.next)}\r\nContent-Length: 0\r\n\r\n`,
        )
      }),
  },
  fixed: {
    routes: (app) =>
      app.get('/go', (request, response) => {
        response.redirect(encodeURI(String(request.query.next)))
      }),
  },
})

describe('injection: what is no finding, and what nothing follows from', () => {
  const outcomes = async (attack: Attack, parts: NotesParts, document: object = search) => {
    const server = await startNotes(parts)
    try {
      const { results } = await runAttacks([attack], server.url, { document })
      return results.map(({ operation, outcome }) => `${operation} ${outcome}`)
    } finally {
      await server.close()
    }
  }

  it('takes a search for any of the words for what it is', async () => {
    const texts = ['or like 7391', 'like 7392 and 7391', 'nothing']
    const words = (text: string) => text.toLowerCase().split(/\W/).filter(Boolean)
    const parts = route('/search', (q) => ({
      query: q,
      found: texts.filter((text) => words(String(q)).some((word) => words(text).includes(word))),
    }))
    expect(await outcomes(sqlInjection, parts)).toContain('GET /search pass')
  })

  it('takes an API that forgets unknown parameters for what it is', async () => {
    const parts = route('/search', (q) => ({ found: TITLES.filter((title) => q === undefined || title === q) }))
    expect(await outcomes(nosqlInjection, parts)).toContain('GET /search pass')
  })

  it('leaves operators alone that the document offers', async () => {
    const document = withQuery('/search', 'q', {
      parameters: [{ name: 'q', in: 'query', schema: { type: 'string' }, description: 'Also q[$ne]=value.' }],
    })
    expect(await outcomes(nosqlInjection, { ...nested, ...route('/search', (q) => q) }, document)).toEqual([])
  })

  it('takes an echo for what it is', async () => {
    const parts = route('/search', (q) => ({ message: `nothing found for ${String(q)}` }))
    expect(await outcomes(templateInjection, parts)).toContain('GET /search pass')
    expect(await outcomes(commandInjection, parts)).toContain('GET /search pass')
  })

  it('concludes nothing from a target that is busy all along', async () => {
    const parts: NotesParts = {
      routes: (app) =>
        app.get('/search', (_request, response) => void response.status(503).set('Retry-After', '600').end()),
    }
    expect(await outcomes(sqlInjection, parts)).toContain('GET /search inconclusive')
  })

  it('knows a product however it is written, and no longer number that holds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.constantFrom(',', '.', '\u202f'), (seed, separator) => {
        const computed = newComputed(seeded(seed))
        const product = String(computed.left * computed.right)
        const grouped = product.replaceAll(/\B(?=(?:\d{3})+$)/g, separator)
        expect(computed.isIn(`<b>${product}</b>`)).toBe(true)
        expect(computed.isIn(`= ${grouped}!`)).toBe(true)
        expect(computed.isIn(`1${product}`)).toBe(false)
        expect(computed.isIn(`${computed.left}*${computed.right}`)).toBe(false)
      }),
    )
  })
})
