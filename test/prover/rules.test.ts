import type { Request, Response } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import type { Attack } from '../../src/prover/attack.ts'
import { objectDelete } from '../../src/prover/attacks/api1/object-delete.ts'
import { objectRead } from '../../src/prover/attacks/api1/object-read.ts'
import { objectWrite } from '../../src/prover/attacks/api1/object-write.ts'
import { noCredential } from '../../src/prover/attacks/api2/no-credential.ts'
import { payloadChanged } from '../../src/prover/attacks/api2/payload-changed.ts'
import { ATTACKS } from '../../src/prover/attacks/attacks.ts'
import { caller, type NotesParts, type NotesState, type Running, startNotes } from './fixtures/notes-api.ts'
import { type RunOptions, runAttacks } from './fixtures/run-attack.ts'

let running: Running | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function attacked(attacks: readonly Attack[], parts: NotesParts, options: RunOptions = {}) {
  running = await startNotes(parts)
  return { ...(await runAttacks(attacks, running.url, options)), notes: running.notes }
}

const readsAnything = (request: Request, response: Response, { notes }: NotesState): void => {
  const note = notes.get(String(request.params.noteId))
  if (note) response.json(note)
  else response.status(404).json({ error: 'not found' })
}

describe('the rules that keep attacks honest', () => {
  it('a. without the control of the owner a denial proves nothing', async () => {
    const { counts } = await attacked([objectRead], {
      read: (_request, response) => void response.status(404).json({ error: 'not found' }),
    })
    expect(counts.pass).toBe(0)
    expect(counts.fail).toBe(0)
    expect(counts.inconclusive).toBeGreaterThan(0)
  })

  it('b. what answers everybody is told once as an open operation, and attacks on tokens say nothing of it', async () => {
    const { results } = await attacked([noCredential, payloadChanged], {
      before: (app) => void app.get('/me', (_request, response) => void response.json({ id: 'u-alice', role: 'user' })),
    })
    const atMe = results.filter(({ operation }) => operation === 'GET /me')
    expect(atMe.filter(({ attack }) => attack === 'no-credential').map(({ outcome }) => outcome)).toEqual(['fail'])
    expect(atMe.filter(({ attack, outcome }) => attack !== 'no-credential' && outcome === 'fail')).toEqual([])
  })

  it('c. a soft 404 is no leak', async () => {
    const { counts } = await attacked([objectRead], {
      read: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        if (note?.ownerId === caller(response).id) response.json({ found: true, note })
        else response.json({ found: false, note: null, hint: 'Have a look at your list of notes' })
      },
    })
    expect(counts.fail).toBe(0)
    expect(counts.pass).toBeGreaterThan(0)
  })

  it('d. what changes from answer to answer tells nothing', async () => {
    let count = 100_000
    const { counts } = await attacked([objectRead], {
      read: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        const mine = note?.ownerId === caller(response).id
        response
          .status(mine ? 200 : 404)
          .json({ ...(mine ? note : {}), served: `${count++}`, at: new Date().toISOString() })
      },
    })
    expect(counts.fail).toBe(0)
    expect(counts.pass).toBeGreaterThan(0)
  })

  it('e. a leak is the canary of one user in the answer to another', async () => {
    const { results, exchanges } = await attacked([objectRead], { read: readsAnything })
    const [failed] = results.filter(({ outcome }) => outcome === 'fail')
    const shown = exchanges.find(({ number }) => number === failed?.evidence.at(-1))
    expect(shown?.as).toBe(failed?.attacker)
    expect(shown?.response.body).toMatch(/tpcanary/)
  })

  it('f. a write counts only if its owner reads it back changed', async () => {
    const { counts } = await attacked([objectWrite], {
      update: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        if (!note) return void response.status(404).json({ error: 'not found' })
        const changed = { ...note, ...(request.body as object) }
        // It answers as if it were done, and does it for the owner only.
        if (note.ownerId === caller(response).id) notes.set(note.id, changed)
        response.json(changed)
      },
    })
    expect(counts.fail).toBe(0)
  })

  it('g. 200 with an error in its body is no success', async () => {
    const { counts } = await attacked([objectRead], {
      read: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        if (note?.ownerId === caller(response).id) response.json({ ok: true, note })
        else response.json({ ok: false, reason: 'not found' })
      },
    })
    expect(counts.fail).toBe(0)
    expect(counts.pass).toBeGreaterThan(0)
  })

  it('h. what goes through once and not again is not reported', async () => {
    const seen = new Set<string>()
    const { results } = await attacked([objectRead], {
      read: (request, response, state) => {
        const id = String(request.params.noteId)
        const note = state.notes.get(id)
        const key = `${id} ${caller(response).id}`
        const first = !seen.has(key)
        seen.add(key)
        if (note?.ownerId === caller(response).id || (note && first)) response.json(note)
        else response.status(404).json({ error: 'not found' })
      },
    })
    expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
    expect(results.some(({ outcome, why }) => outcome === 'inconclusive' && why.includes('once and not again'))).toBe(
      true,
    )
  })

  it('i. every verdict has a reason, and nothing that was not tried reads as held', async () => {
    const { results } = await attacked(
      [...ATTACKS.filter(({ phase }) => phase === 'normal')].slice(0, 12),
      {},
      {
        people: [],
      },
    )
    expect(results.length).toBeGreaterThan(0)
    for (const { why } of results) expect(why).not.toBe('')
    expect(results.filter(({ outcome }) => outcome === 'pass')).toEqual([])
  })

  it('j. only what was made is destroyed, and nothing with --safe', async () => {
    const removed: string[] = []
    const parts: NotesParts = {
      remove: (request, response, { notes }) => {
        removed.push(String(request.params.noteId))
        notes.delete(String(request.params.noteId))
        response.status(204).end()
      },
      before: (_app, { notes }) =>
        void notes.set('seeded', { id: 'seeded', ownerId: 'u-alice', title: 'Kept', text: '' }),
    }
    const { counts, notes } = await attacked([objectDelete], parts)
    expect(counts.fail).toBeGreaterThan(0)
    expect(notes.notes.has('seeded')).toBe(true)
    await running?.close()
    removed.length = 0
    const safe = await attacked([objectDelete], parts, { safe: true })
    expect(removed).toEqual([])
    expect(safe.results.every(({ outcome }) => outcome === 'not-tested')).toBe(true)
  })

  it('k. forged tokens carry the claims of a real one', async () => {
    const tokens: string[] = []
    await attacked([payloadChanged], {
      before: (app) =>
        void app.use((request, _response, next) => {
          const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
          if (token?.split('.').length === 3) tokens.push(token)
          next()
        }),
    })
    const claims = tokens.map((token) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
    expect(claims.length).toBeGreaterThan(0)
    for (const each of claims) expect(each.iss).toBe('https://notes.example')
  })

  it('l. a case stays within the bound of its attack', async () => {
    const { results } = await attacked([objectRead, noCredential], {})
    for (const { attack, requests } of results)
      expect(requests).toBeLessThanOrEqual(ATTACKS.find(({ id }) => id === attack)?.maxRequests ?? 0)
  })

  it.each([429, 500, 503])('m. %i to everybody else is no denial', async (status) => {
    const { counts } = await attacked(
      [objectRead],
      {
        read: (request, response, { notes }) => {
          const note = notes.get(String(request.params.noteId))
          if (note?.ownerId === caller(response).id) response.json(note)
          else response.status(status).json({ error: 'later' })
        },
      },
      { wait: async () => {} },
    )
    expect(counts.pass).toBe(0)
    expect(counts.inconclusive).toBeGreaterThan(0)
  })

  it('n. attacks that use up limits or sessions come last and touch nobody else', async () => {
    const exhausting = ATTACKS.filter(({ phase, risk }) => phase === 'exhausting' && risk === 'API2').slice(0, 3)
    expect(exhausting.length).toBeGreaterThan(0)
    const { exchanges } = await attacked([...exhausting, objectRead], {})
    const lastRead = exchanges.findLastIndex(({ purpose }) => purpose.startsWith('object-read'))
    const firstExhausting = exchanges.findIndex(({ purpose }) => exhausting.some(({ id }) => purpose.startsWith(id)))
    if (firstExhausting >= 0) expect(firstExhausting).toBeGreaterThan(lastRead)
  })
})

describe('the catalogue', () => {
  it('names every attack once, with its number, what it costs, how it decides and how to mend it', () => {
    expect(new Set(ATTACKS.map(({ id }) => id)).size).toBe(ATTACKS.length)
    for (const { id, number, cwe, references, maxRequests, oracle, fix, title } of ATTACKS) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
      expect(number).toBeGreaterThanOrEqual(1)
      expect(number).toBeLessThanOrEqual(130)
      expect(cwe).toBeGreaterThan(0)
      expect(references.length).toBeGreaterThan(0)
      expect(maxRequests).toBeLessThanOrEqual(500)
      for (const text of [oracle, fix, title]) expect(text.length).toBeGreaterThan(10)
    }
  })

  it('has an attack for every number of the published list', () => {
    const numbers = new Set(ATTACKS.map(({ number }) => number))
    expect(Array.from({ length: 130 }, (_, index) => index + 1).filter((number) => !numbers.has(number))).toEqual([])
  })
})
