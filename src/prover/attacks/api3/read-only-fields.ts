import { massAssignment } from './mass-assignment.ts'

export const readOnlyFields = massAssignment({
  id: 'read-only-fields',
  number: 57,
  severity: 'medium',
  title: 'A field that the contract calls readOnly is taken from the body',
  fix: 'Leave out of the input schema what only the server writes, and refuse unknown properties (`additionalProperties: false`).',
  phase: 'exhausting',
  kinds: ['register', 'create', 'update'],
  fields: (unoffered) => unoffered.filter(({ kind, readOnly }) => kind === 'plain' && readOnly),
  none: 'nothing else of it is marked as readOnly',
})
