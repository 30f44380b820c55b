import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import express, { type Request } from 'express'
import { describe, expect, it } from 'vitest'
import { API10 } from '../../../src/prover/attacks/api10/api10.ts'
import { crossHostRedirect } from '../../../src/prover/attacks/api10/cross-host-redirect.ts'
import { forgedDelivery } from '../../../src/prover/attacks/api10/forged-delivery.ts'
import { hostileAnswer } from '../../../src/prover/attacks/api10/hostile-answer.ts'
import { replayedDelivery } from '../../../src/prover/attacks/api10/replayed-delivery.ts'
import { unboundedAnswer } from '../../../src/prover/attacks/api10/unbounded-answer.ts'
import { unvalidatedAnswer } from '../../../src/prover/attacks/api10/unvalidated-answer.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import {
  anyImport,
  boundedFetch,
  fetchingDocument,
  fetchingNotes,
  plainFetch,
  soundImport,
} from '../fixtures/fetching-notes.ts'
import { caller, type Note, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const document = fetchingDocument('import')
/** Our listener stands for a service that the API may call. */
const guard = () => null

/** Users may not write what looks like markup. */
const plainCreate: NotesParts['create'] = (request, response, { notes }) => {
  const { title, text } = request.body as { title: string; text?: string }
  if (title.includes('<')) return void response.status(422).json({ error: 'no markup' })
  const note: Note = { id: randomUUID(), ownerId: caller(response).id, title, text: text ?? '' }
  notes.set(note.id, note)
  response.status(201).json(note)
}

describeAttack({
  attack: hostileAnswer,
  name: 'a script that users may not write',
  document,
  vulnerable: { ...fetchingNotes({ guard, imported: soundImport, create: plainCreate }) },
  fixed: fetchingNotes({
    guard,
    create: plainCreate,
    imported(text) {
      const note = soundImport(text)
      if (/</.test(note.title)) throw new TypeError('no markup')
      return note
    },
  }),
})

const preview = (shown: (title: string) => string): NotesParts => ({
  routes(app) {
    app.get('/preview', async (request, response) => {
      const html = await boundedFetch(String(request.query.url), null).catch(() => null)
      if (html === null) return void response.status(502).json({ error: 'nothing came back' })
      const title = /"title":"((?:[^"\\]|\\.)*)"/.exec(html)?.[1] ?? /<title>(.*)<\/title>/.exec(html)?.[1] ?? ''
      response.type('html').send(`<h1>${shown(title.replaceAll('\\"', '"'))}</h1>`)
    })
  },
})
const previewDocument = notesDocument({
  paths: {
    '/preview': {
      get: {
        parameters: [{ name: 'url', in: 'query', required: true, schema: { type: 'string', format: 'uri' } }],
        responses: { '200': { description: 'A page.', content: { 'text/html': { schema: { type: 'string' } } } } },
      },
    },
  },
})

describeAttack({
  attack: hostileAnswer,
  name: 'a script in a page',
  document: previewDocument,
  vulnerable: preview((title) => title),
  fixed: preview((title) => title.replaceAll('<', '&lt;')),
})

describeAttack({
  attack: hostileAnswer,
  name: 'a quote in a query',
  document,
  vulnerable: fetchingNotes({
    guard,
    // As if the note went into a query as text.
    before: (app) =>
      void app.use((_request, response, next) => {
        const json = response.json.bind(response)
        response.json = (body: { title?: string } | undefined) =>
          response.statusCode === 201 && body?.title?.includes("'")
            ? json.call(response.status(500), { error: 'SQLITE_ERROR: near "OR": syntax error' })
            : json(body)
        next()
      }),
  }),
  fixed: fetchingNotes({ guard }),
})

describeAttack({
  attack: unboundedAnswer,
  document,
  timeoutMilliseconds: 1000,
  vulnerable: fetchingNotes({ guard, fetcher: plainFetch }),
  fixed: fetchingNotes({ guard }),
})

describeAttack({
  attack: crossHostRedirect,
  document,
  vulnerable: fetchingNotes({ guard, fetcher: plainFetch }),
  fixed: fetchingNotes({ guard }),
})

describeAttack({
  attack: crossHostRedirect,
  name: 'a delivery with its body',
  document: fetchingDocument('webhook'),
  vulnerable: fetchingNotes({ guard, fetcher: plainFetch }),
  fixed: fetchingNotes({ guard }),
})

describeAttack({
  attack: unvalidatedAnswer,
  document,
  vulnerable: fetchingNotes({ guard, imported: anyImport }),
  fixed: fetchingNotes({ guard }),
})

const WEBHOOK_SECRET = 'whsec-of-the-fixture-0123456789abcdef'

interface Receiver {
  /** Default: HMAC over timestamp and body, not older than five minutes. */
  readonly verified?: (request: Request, text: string) => boolean
  /** Default: a delivery is taken once. */
  readonly once?: boolean
}

function receiving({ verified = soundSignature, once = true }: Receiver = {}): NotesParts {
  const seen = new Set<string>()
  return {
    before(app) {
      app.post('/hooks/lab', express.text({ type: () => true }), (request, response) => {
        const text = String(request.body)
        if (!verified(request, text)) return void response.status(401).json({ error: 'wrong signature' })
        const event = parsed(text)
        if (typeof event?.sample !== 'string') return void response.status(400).json({ error: 'no event' })
        const signature = String(request.headers['x-lab-signature'])
        if (once && seen.has(signature)) return void response.json({ duplicate: true })
        seen.add(signature)
        response.json({ resultId: randomUUID() })
      })
    },
  }
}

function parsed(text: string): { readonly sample?: unknown } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function soundSignature(request: Request, text: string): boolean {
  const at = String(request.headers['x-lab-timestamp'])
  const wanted = createHmac('sha256', WEBHOOK_SECRET).update(`${at}.${text}`).digest()
  const given = Buffer.from(String(request.headers['x-lab-signature']), 'hex')
  return given.length === 32 && timingSafeEqual(given, wanted) && Math.abs(Date.now() / 1000 - Number(at)) < 300
}

const labDocument = (headers: readonly string[] = ['X-Lab-Signature', 'X-Lab-Timestamp']) =>
  notesDocument({
    paths: {
      '/hooks/lab': {
        post: {
          security: [],
          parameters: headers.map((name) => ({ name, in: 'header', required: true, schema: { type: 'string' } })),
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: { type: 'object', required: ['sample'], properties: { sample: { type: 'string' } } },
              },
            },
          },
          responses: { '200': { description: 'Taken.' } },
        },
      },
    },
  })

const signing = {
  secret: WEBHOOK_SECRET,
  signatureHeader: 'X-Lab-Signature',
  timestampHeader: 'X-Lab-Timestamp',
  prefix: '',
  encoding: 'hex',
} as const
const lent = { operations: { 'POST /hooks/lab': { signing } } }

describeAttack({
  attack: forgedDelivery,
  name: 'nobody lends the secret',
  document: labDocument(),
  vulnerable: receiving({ verified: () => true }),
  fixed: receiving(),
})

describeAttack({
  attack: forgedDelivery,
  name: 'old ones are taken',
  document: labDocument(),
  hints: lent,
  vulnerable: receiving({
    verified: (request, text) =>
      createHmac('sha256', WEBHOOK_SECRET).update(`${request.headers['x-lab-timestamp']}.${text}`).digest('hex') ===
      request.headers['x-lab-signature'],
  }),
  fixed: receiving(),
})

/** The signature as a security scheme, and a delivery about something that is not there. */
const schemed = (() => {
  const plain = labDocument([]) as {
    paths: { '/hooks/lab': { post: object } }
    components: { securitySchemes: object }
  }
  const { post } = plain.paths['/hooks/lab']
  return {
    ...plain,
    paths: { ...plain.paths, '/hooks/lab': { post: { ...post, security: [{ lab: [] }] } } },
    components: {
      ...plain.components,
      securitySchemes: {
        ...plain.components.securitySchemes,
        lab: { type: 'apiKey', in: 'header', name: 'X-Lab-Signature' },
      },
    },
  }
})()
const looking = (unsigned: 'looked at' | 'refused' | 'asked for the header'): NotesParts => ({
  before(app) {
    app.post('/hooks/lab', express.text({ type: () => true }), (request, response) => {
      const isSigned = request.get('X-Lab-Signature') !== undefined
      if (isSigned || unsigned === 'refused') return void response.status(401).json({ error: 'wrong signature' })
      if (unsigned === 'asked for the header') return void response.status(400).json({ error: 'bad input' })
      response.status(404).json({ error: 'no such sample' })
    })
  },
})
describeAttack({
  attack: forgedDelivery,
  name: 'a signature that may be left out',
  document: schemed,
  vulnerable: looking('looked at'),
  fixed: looking('refused'),
})

describeAttack({
  attack: replayedDelivery,
  document: labDocument(),
  hints: lent,
  vulnerable: receiving({ once: false }),
  fixed: receiving(),
})

describe('answers and deliveries: what is not reported', () => {
  async function outcomes(
    attack: (typeof API10)[number],
    parts: NotesParts,
    options: Parameters<typeof runAttacks>[2],
  ) {
    const server = await startNotes(parts)
    try {
      const { results } = await runAttacks([attack], server.url, options)
      return results.map(({ outcome, why }) => `${outcome}: ${why}`)
    } finally {
      await server.close()
    }
  }

  it('a script that users may write themselves is no finding', async () => {
    const told = await outcomes(hostileAnswer, fetchingNotes({ guard }), { document })
    expect(told).toEqual([expect.stringMatching(/^pass/)])
  })

  it.each([hostileAnswer, unboundedAnswer, crossHostRedirect, unvalidatedAnswer])(
    '$id: an API that does not call our listener is not tested',
    async (attack) => {
      const told = await outcomes(attack, fetchingNotes(), { document })
      expect(told.length).toBeGreaterThan(0)
      for (const each of told) expect(each).toMatch(/^not-tested: .*--callback/)
    },
  )

  it('a receiver that says yes to everything proves nothing', async () => {
    const yes: NotesParts = {
      before: (app) => void app.post('/hooks/lab', (_request, response) => void response.json({ ok: true })),
    }
    expect(await outcomes(forgedDelivery, yes, { document: labDocument() })).toEqual([
      expect.stringMatching(/^inconclusive: .*every delivery/),
    ])
  })

  it('a receiver that refuses the genuine delivery too proves nothing', async () => {
    const no: NotesParts = {
      before: (app) =>
        void app.post('/hooks/lab', (_request, response) => void response.status(400).json({ error: 'x' })),
    }
    const options = { document: labDocument(), hints: lent }
    expect(await outcomes(forgedDelivery, no, options)).toEqual([expect.stringMatching(/^inconclusive: .*genuine/)])
    expect(await outcomes(forgedDelivery, no, { document: labDocument() })).toEqual([
      expect.stringMatching(/^inconclusive: .*signing/),
    ])
  })

  it('a mere 400 without a signature may be that of the header', async () => {
    expect(await outcomes(forgedDelivery, looking('asked for the header'), { document: schemed })).toEqual([
      expect.stringMatching(/^inconclusive: .*whether for the signature or the body/),
    ])
  })

  it('a replay needs a signature that is right', async () => {
    expect(await outcomes(replayedDelivery, receiving(), { document: labDocument() })).toEqual([
      expect.stringMatching(/^not-tested: .*signing/),
    ])
  })

  it('an API that neither calls nor is called has no case', async () => {
    const server = await startNotes()
    try {
      expect((await runAttacks(API10, server.url)).results).toEqual([])
    } finally {
      await server.close()
    }
  })
})
