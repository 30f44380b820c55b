import { describe, expect, it } from 'vitest'
import { childOfForeignParent } from '../../../src/prover/attacks/api1/child-of-foreign-parent.ts'
import { childUnderOwnParent } from '../../../src/prover/attacks/api1/child-under-own-parent.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { objectWrite } from '../../../src/prover/attacks/api1/object-write.ts'
import { ownChildUnderParent } from '../../../src/prover/attacks/api1/own-child-under-parent.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { commentsDocument, noteComments } from '../fixtures/note-comments.ts'
import { startNotes } from '../fixtures/notes-api.ts'
import { runAttacks } from '../fixtures/run-attack.ts'

const nested = { document: commentsDocument, fixed: { routes: noteComments() } }

describeAttack({ ...nested, attack: childUnderOwnParent, vulnerable: { routes: noteComments({ within: false }) } })
describeAttack({
  ...nested,
  attack: ownChildUnderParent,
  vulnerable: { routes: noteComments({ note: false, within: false, comment: true }) },
})
describeAttack({ ...nested, attack: childOfForeignParent, vulnerable: { routes: noteComments({ note: false }) } })
describeAttack({
  ...nested,
  attack: objectRead,
  name: 'what is read below an object',
  vulnerable: { routes: noteComments({ note: false }) },
})
describeAttack({
  ...nested,
  attack: objectWrite,
  name: 'what stands below an object',
  vulnerable: { routes: noteComments({ note: false }) },
})

describe('nested objects: what is not reported', () => {
  it('lets people comment on a note that its own list shows to all', async () => {
    const server = await startNotes({
      list: (_request, response, { notes }) => void response.json({ items: [...notes.values()] }),
      read: (request, response, { notes }) => {
        const note = notes.get(String(request.params.noteId))
        if (note) response.json(note)
        else response.status(404).json({ error: 'not found' })
      },
      routes: noteComments({ note: false }),
    })
    try {
      const { counts, results } = await runAttacks(
        [objectRead, childUnderOwnParent, ownChildUnderParent, childOfForeignParent],
        server.url,
        { document: commentsDocument },
      )
      expect(counts.fail, JSON.stringify(results.filter(({ outcome }) => outcome === 'fail'))).toBe(0)
    } finally {
      await server.close()
    }
  })

  it('reports a child that is open under its own parent as that, and not as the trick', async () => {
    const server = await startNotes({ routes: noteComments({ note: false, within: false }) })
    try {
      const { counts, results } = await runAttacks([childUnderOwnParent], server.url, { document: commentsDocument })
      expect(counts.fail, JSON.stringify(results)).toBe(0)
      expect(counts['not-tested']).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })
})
