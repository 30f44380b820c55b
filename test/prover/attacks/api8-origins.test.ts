import type { Express } from 'express'
import { describe, expect, it } from 'vitest'
import { anyOrigin } from '../../../src/prover/attacks/api8/any-origin.ts'
import { lookalikeOrigin, lookalikesOf } from '../../../src/prover/attacks/api8/lookalike-origin.ts'
import { nullOrigin } from '../../../src/prover/attacks/api8/null-origin.ts'
import { originReflected } from '../../../src/prover/attacks/api8/origin-reflected.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

/** Answers CORS headers to the origins that pass; by the whole header, as sloppy code does. */
const allowing = (passes: (origin: string) => boolean, credentials = true): NotesParts => ({
  before: (app: Express) =>
    app.use((request, response, next) => {
      const origin = request.headers.origin
      if (origin !== undefined && passes(origin)) {
        response.set('Access-Control-Allow-Origin', origin)
        if (credentials) response.set('Access-Control-Allow-Credentials', 'true')
      }
      next()
    }),
})

const star: NotesParts = {
  before: (app) =>
    app.use((_request, response, next) => {
      response.set('Access-Control-Allow-Origin', '*')
      next()
    }),
}

const FRONT_END = 'https://app.notes.example'
const only = allowing((origin) => origin === FRONT_END)
const document = { ...notesDocument(), servers: [{ url: 'https://api.notes.example' }] }

describeAttack({ attack: originReflected, vulnerable: allowing(() => true), fixed: only })
describeAttack({ attack: nullOrigin, vulnerable: allowing((origin) => origin === 'null'), fixed: only })
describeAttack({ attack: anyOrigin, vulnerable: star, fixed: only })

for (const [name, passes] of [
  ['the beginning is compared', (origin: string) => origin.startsWith(FRONT_END)],
  ['the end is compared', (origin: string) => origin.endsWith('notes.example')],
  ['a dot stands for any letter', (origin: string) => /^https:\/\/app.notes.example$/.test(origin)],
] as const)
  describeAttack({ attack: lookalikeOrigin, name, document, vulnerable: allowing(passes), fixed: only })

describe('origins: what is no finding, and what nothing follows from', () => {
  const outcome = async (parts: NotesParts, attack = originReflected) => {
    const server = await startNotes(parts)
    try {
      const { results } = await runAttacks([attack], server.url, { document })
      return results.map((each) => ({ outcome: each.outcome, why: each.why, cause: each.cause }))
    } finally {
      await server.close()
    }
  }

  it('leaves subdomains alone that a pattern allows on purpose', async () => {
    const parts = allowing((origin) => /^https:\/\/([a-z0-9-]+\.)?notes\.example$/.test(origin))
    expect(await outcome(parts, lookalikeOrigin)).toMatchObject([{ outcome: 'pass' }])
  })

  it('leaves an origin alone that is allowed without credentials', async () => {
    expect(await outcome(allowing(() => true, false))).toMatchObject([{ outcome: 'pass' }])
  })

  it('says of look-alikes that they are not tested where no allowed origin is known', async () => {
    const [result] = await outcome({}, lookalikeOrigin)
    expect(result?.outcome).toBe('not-tested')
    expect(result?.why).toMatch(/origins/)
  })

  it('tells one cause where any origin, and so null, is taken', async () => {
    expect(
      await outcome(
        allowing(() => true),
        nullOrigin,
      ),
    ).toMatchObject([{ outcome: 'fail', cause: 'origin-reflected' }])
  })

  it('concludes nothing from an API that is limited all along', async () => {
    const parts: NotesParts = { authenticate: () => null }
    expect(await outcome(parts)).toMatchObject([{ outcome: 'inconclusive' }])
  })

  it('takes only names that somebody else can register for look-alikes', () => {
    expect(lookalikesOf('http://localhost:3000', 'tp1').map(({ origin }) => origin)).toEqual([
      'http://localhost.tp1.example:3000',
    ])
    expect(lookalikesOf(FRONT_END, 'tp1').map(({ origin }) => origin)).toEqual([
      'https://app.notes.example.tp1.example',
      'https://tp1notes.example',
      'https://appxnotes.example',
    ])
  })
})
