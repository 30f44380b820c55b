import express, { type Request, type RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { contentTypeSwap } from '../../../src/prover/attacks/api5/content-type-swap.ts'
import { forgedRole } from '../../../src/prover/attacks/api5/forged-role.ts'
import { guardedVersion } from '../../../src/prover/attacks/api5/guarded-version.ts'
import { headOrOptions } from '../../../src/prover/attacks/api5/head-or-options.ts'
import { methodOverride } from '../../../src/prover/attacks/api5/method-override.ts'
import { pathSpelling } from '../../../src/prover/attacks/api5/path-spelling.ts'
import { rewrittenPath } from '../../../src/prover/attacks/api5/rewritten-path.ts'
import { roleRead } from '../../../src/prover/attacks/api5/role-read.ts'
import { roleWrite } from '../../../src/prover/attacks/api5/role-write.ts'
import { undeclaredMethod } from '../../../src/prover/attacks/api5/undeclared-method.ts'
import { adminDocument, adminRoutes, anybody, FIGURES, onlyAdmins } from '../fixtures/admin-notes.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { caller, type Note, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

const document = adminDocument()
const sound: NotesParts = { routes: adminRoutes() }
const admins = { document, fixed: sound }

describeAttack({ attack: roleRead, vulnerable: { routes: adminRoutes({ read: anybody }) }, ...admins })
describeAttack({ attack: roleWrite, vulnerable: { routes: adminRoutes({ write: anybody }) }, ...admins })
describeAttack({
  attack: roleWrite,
  name: 'nobody',
  vulnerable: {
    before: (app, { notes }) => {
      app.patch('/notes/:noteId', express.json(), (request, response) => {
        const note = notes.get(String(request.params.noteId)) as Note
        notes.set(note.id, { ...note, ...(request.body as object) })
        response.json(notes.get(note.id))
      })
    },
  },
})

/** A setting that was there before and that nobody makes anew: what was tried is put back. */
const settings = (guard: RequestHandler): NotesParts => ({
  routes: (app) => {
    const shop = { id: 'east', name: 'Shop of the east', opensAt: 9, isOpen: false }
    app.get('/shops', (_request, response) => void response.json([shop]))
    app.get('/shops/east', (_request, response) => void response.json(shop))
    app.patch('/shops/east', guard, (request, response) => {
      const { name, isOpen, ...unknown } = request.body as { name?: unknown; isOpen?: unknown }
      if (Object.keys(unknown).length > 0) return void response.status(400).json({ error: 'unknown field' })
      if (typeof name === 'string') shop.name = name
      if (typeof isOpen === 'boolean') shop.isOpen = isOpen
      response.json(shop)
    })
  },
})
const shopDocument = (properties: object): object => {
  const content = (schema: object) => ({ 'application/json': { schema } })
  const shop = {
    type: 'object',
    properties: { id: { type: 'string' }, name: { type: 'string', maxLength: 90 }, isOpen: { type: 'boolean' } },
  }
  const answer = (schema: object) => ({ '200': { description: 'Done.', content: content(schema) } })
  return notesDocument({
    paths: {
      '/shops': { get: { responses: answer({ type: 'array', items: shop }) } },
      '/shops/{shopId}': {
        parameters: [{ name: 'shopId', in: 'path', required: true, schema: { type: 'string' } }],
        get: { responses: answer(shop) },
        patch: {
          summary: 'Change the shop (admin)',
          requestBody: { required: true, content: content({ type: 'object', properties }) },
          responses: answer(shop),
        },
      },
    },
  })
}
describeAttack({
  attack: roleWrite,
  name: 'a text of a setting',
  document: shopDocument({ name: { type: 'string', maxLength: 90 } }),
  vulnerable: settings(anybody),
  fixed: settings(onlyAdmins),
})
describeAttack({
  attack: roleWrite,
  name: 'a switch of a setting, written as it stands',
  document: shopDocument({ isOpen: { type: 'boolean' } }),
  vulnerable: settings(anybody),
  fixed: settings(onlyAdmins),
})

describe('role-write on what was there before', () => {
  it('puts back what it changed', async () => {
    const server = await startNotes(settings(anybody))
    try {
      const document = shopDocument({ name: { type: 'string', maxLength: 90 } })
      const { counts, exchanges } = await runAttacks([roleWrite], server.url, { document })
      const changes = exchanges.filter(
        ({ request }) => request.method === 'PATCH' && request.url.endsWith('/shops/east'),
      )
      expect(counts.fail).toBeGreaterThan(0)
      expect(changes.some(({ request }) => request.body?.includes('tpcanary'))).toBe(true)
      expect(changes.at(-1)?.request.body).toContain('Shop of the east')
    } finally {
      await server.close()
    }
  })
})

const { delete: _, ...withoutRemoval } = (notesDocument() as { paths: Record<string, Record<string, unknown>> }).paths[
  '/notes/{noteId}'
] as Record<string, unknown>
describeAttack({
  attack: undeclaredMethod,
  document: notesDocument({ paths: { '/notes/{noteId}': withoutRemoval } }),
  vulnerable: {
    remove: (request, response, { notes }) =>
      void response.status(notes.delete(String(request.params.noteId)) ? 204 : 404).end(),
  },
  fixed: { remove: (_request, response) => void response.status(405).end() },
})

/** Renames the method before routing, so that a guard of the route of the first method never runs. */
const override =
  (renamed: (request: Request) => unknown): NotesParts['routes'] =>
  (app, state) => {
    app.post('/notes/:noteId', express.urlencoded(), (request, response) => {
      if (renamed(request) !== 'DELETE') return void response.status(405).end()
      state.notes.delete(String(request.params.noteId))
      response.status(204).end()
    })
  }
const overrides: Readonly<Record<string, (request: Request) => unknown>> = {
  header: (request) => request.get('X-HTTP-Method-Override'),
  query: (request) => request.query._method,
  field: (request) => (request.body as { _method?: unknown } | undefined)?._method,
}
for (const [name, renamed] of Object.entries(overrides))
  describeAttack({
    attack: methodOverride,
    name,
    vulnerable: { routes: override(renamed) as NonNullable<NotesParts['routes']> },
  })

describeAttack({
  attack: headOrOptions,
  vulnerable: {
    ...sound,
    before: (app) => {
      app.head('/admin/figures', (_request, response) => void response.json(FIGURES))
    },
  },
  ...admins,
})
describeAttack({
  attack: pathSpelling,
  // The guard compares texts, the router does not care for capitals and slashes.
  vulnerable: {
    routes: adminRoutes({
      read: (request, response, next) =>
        request.path.startsWith('/admin/') ? onlyAdmins(request, response, next) : next(),
    }),
  },
  ...admins,
})
describeAttack({
  attack: rewrittenPath,
  vulnerable: {
    ...sound,
    before: (app) => {
      app.use((request, response, next) => {
        if (request.get('X-Original-URL') === '/admin/figures') response.json(FIGURES)
        else next()
      })
    },
  },
  ...admins,
})

const believing = (believed: (request: Request) => boolean): NotesParts => ({
  routes: adminRoutes({
    read: (request, response, next) => (believed(request) ? next() : onlyAdmins(request, response, next)),
  }),
})
const beliefs: Readonly<Record<string, (request: Request) => boolean>> = {
  header: (request) => request.get('X-User-Role') === 'admin',
  cookie: (request) => /role=admin/.test(request.headers.cookie ?? ''),
  parameter: (request) => request.query.admin === 'true',
}
for (const [name, believed] of Object.entries(beliefs))
  describeAttack({ attack: forgedRole, name, vulnerable: believing(believed), ...admins })
describeAttack({
  attack: forgedRole,
  name: 'token',
  vulnerable: {
    authenticate: (request) => {
      const payload = request.headers.authorization?.split('.')[1] ?? ''
      try {
        const { sub, role } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, string>
        return { id: String(sub), email: '', role: role === 'admin' ? 'admin' : 'user', tenant: 'acme' }
      } catch {
        return null
      }
    },
    ...sound,
  },
  ...admins,
})
describeAttack({
  attack: guardedVersion,
  vulnerable: {
    ...sound,
    before: (app) => {
      app.get('/v1/admin/figures', (_request, response) => void response.json(FIGURES))
    },
  },
  ...admins,
})
describeAttack({
  attack: contentTypeSwap,
  vulnerable: {
    strict: false,
    before: (app) => {
      app.use(express.json({ type: 'text/plain' }))
    },
    create: (request, response, { notes }) => {
      const { title, text = '' } = request.body as { title: string; text?: string }
      if (request.is('application/json') && title.length > 100)
        return void response.status(400).json({ error: 'too long' })
      const note = { id: crypto.randomUUID(), ownerId: caller(response).id, title, text }
      notes.set(note.id, note)
      response.status(201).json(note)
    },
  },
  fixed: {
    create: (request, response, { notes }) => {
      const { title, text = '' } = request.body as { title: string; text?: string }
      if (title.length > 100) return void response.status(400).json({ error: 'too long' })
      const note = { id: crypto.randomUUID(), ownerId: caller(response).id, title, text }
      notes.set(note.id, note)
      response.status(201).json(note)
    },
  },
})

const only = async (
  parts: NotesParts,
  options: Parameters<typeof runAttacks>[2],
  ...attacks: Parameters<typeof runAttacks>[0]
) => {
  const server = await startNotes(parts)
  try {
    return await runAttacks(attacks, server.url, { document, ...options })
  } finally {
    await server.close()
  }
}

describe('what must not be reported', () => {
  it('an admin list that shows a user his own entry alone', async () => {
    const { counts } = await only(
      {
        routes: adminRoutes({}, (app) => {
          app.get('/admin/users', (_request, response, next) =>
            caller(response).role === 'admin' ? next() : void response.json([caller(response)]),
          )
        }),
      },
      {},
      roleRead,
    )
    expect(counts.fail).toBe(0)
    expect(counts.pass).toBeGreaterThan(0)
  })

  it('a refusal in words under 200', async () => {
    const { counts } = await only(
      {
        routes: adminRoutes({
          read: (_request, response, next) =>
            caller(response).role === 'admin' ? next() : void response.json({ message: 'only for admins' }),
          write: (_request, response, next) =>
            caller(response).role === 'admin' ? next() : void response.json({ message: 'only for admins' }),
        }),
      },
      {},
      roleRead,
      roleWrite,
      pathSpelling,
      forgedRole,
    )
    expect(counts.fail).toBe(0)
  })

  it('a method override that helps the owner to what he may do', async () => {
    const { counts } = await only(
      {
        routes: (app, state) => {
          app.post('/notes/:noteId', (request, response) => {
            const note = state.notes.get(String(request.params.noteId))
            if (request.get('X-HTTP-Method-Override') !== 'DELETE' || note?.ownerId !== caller(response).id)
              return void response.status(404).end()
            state.notes.delete(note.id)
            response.status(204).end()
          })
        },
      },
      { document: notesDocument() },
      methodOverride,
    )
    expect(counts.fail).toBe(0)
  })

  it('HEAD that answers 200 to everything', async () => {
    const { counts } = await only(
      { ...sound, before: (app) => void app.head('*all', (_request, response) => void response.json({ ok: 1 })) },
      {},
      headOrOptions,
    )
    expect(counts.fail).toBe(0)
  })
})

describe('what cannot be told', () => {
  it('is inconclusive where the admin is refused too', async () => {
    const nobodyAtAll: NotesParts = {
      routes: adminRoutes({ read: (_request, response) => void response.status(403).json({ error: 'no' }) }),
    }
    const { counts, results } = await only(nobodyAtAll, {}, roleRead, pathSpelling)
    expect(counts.fail).toBe(0)
    expect(
      results
        .filter(({ operation }) => operation?.includes('/admin/'))
        .every(({ outcome }) => outcome === 'inconclusive'),
    ).toBe(true)
  })

  it('is not tested without an admin, and says what to add', async () => {
    const people = PEOPLE.filter(({ kind }) => kind !== 'admin')
    const { results } = await only(sound, { people }, roleRead, roleWrite, forgedRole)
    const told = results.filter(({ operation }) => operation?.includes('/admin/'))
    expect(told.length).toBeGreaterThan(0)
    for (const { outcome, why } of told) {
      expect(outcome).toBe('not-tested')
      expect(why).toContain('--as admin=')
    }
  })

  it('leaves writes that could stop the target', async () => {
    const paths = { '/admin/shutdown': { post: { responses: { '204': { description: 'Down.' } } } } }
    const { results, exchanges } = await only(sound, { document: adminDocument(paths) }, roleWrite)
    expect(results.find(({ operation }) => operation === 'POST /admin/shutdown')?.outcome).toBe('not-tested')
    expect(exchanges.some(({ request }) => request.url.endsWith('/admin/shutdown'))).toBe(false)
  })
})
