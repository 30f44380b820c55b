import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'

describeAttack({
  attack: objectRead,
  vulnerable: {
    read: (request, response, { notes }) => {
      const note = notes.get(String(request.params.noteId))
      if (note) response.json(note)
      else response.status(404).json({ error: 'not found' })
    },
  },
})
