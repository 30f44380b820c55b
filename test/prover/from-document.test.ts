// Imports nothing of src/ but the prover and the reader of documents: an API in any language is attacked from its document alone.
import { describe, expect, it } from 'vitest'
import { ATTACKS } from '../../src/prover/attacks/attacks.ts'
import { type NotesParts, startNotes } from './fixtures/notes-api.ts'
import { notesDocument } from './fixtures/notes-document.ts'
import { runAttacks } from './fixtures/run-attack.ts'

/** As a team exports it: text, read again. */
const EXPORTED = JSON.parse(JSON.stringify(notesDocument())) as object

/** The attacks that need little time; those that burn limits or wait are tried by their own tests. */
const QUICK = ATTACKS.filter(
  ({ risk, phase }) => phase !== 'exhausting' && ['API1', 'API2', 'API3', 'API5'].includes(risk),
)

async function outcomes(parts: NotesParts) {
  const server = await startNotes(parts)
  try {
    return (await runAttacks(QUICK, server.url, { document: EXPORTED, maxRequests: 20_000 })).results
  } finally {
    await server.close()
  }
}

describe('an API of which there is nothing but a document', () => {
  it('that is sound is held against every attack that applies', async () => {
    const results = await outcomes({})
    expect(
      results
        .filter(({ outcome }) => outcome === 'fail')
        .map(({ attack, operation, why }) => ({ attack, operation, why })),
    ).toEqual([])
    const held = new Set(results.filter(({ outcome }) => outcome === 'pass').map(({ attack }) => attack))
    expect([...held]).toEqual(expect.arrayContaining(['object-read', 'no-credential']))
  })

  it('that forgets whose a note is shows it', async () => {
    const results = await outcomes({
      read: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        if (note) response.json(note)
        else response.status(404).json({ error: 'not found' })
      },
    })
    expect(results.filter(({ outcome }) => outcome === 'fail').map(({ attack }) => attack)).toContain('object-read')
  })
})
