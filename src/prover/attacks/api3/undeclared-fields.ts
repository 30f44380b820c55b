import { massAssignment } from './mass-assignment.ts'

export const undeclaredFields = massAssignment({
  id: 'undeclared-fields',
  number: 58,
  severity: 'medium',
  title: 'A field of the reply that the request does not declare is taken from the body',
  fix: 'Validate the body against a closed schema of what may be set, and build the stored object from the validated fields.',
  phase: 'exhausting',
  kinds: ['create', 'update'],
  fields: (unoffered) => unoffered.filter(({ kind, readOnly }) => kind === 'plain' && !readOnly),
  guesses: [
    ['createdAt', 'plain'],
    ['deletedAt', 'plain'],
  ],
  none: 'nobody says what its body may hold; add a schema to the request',
})
