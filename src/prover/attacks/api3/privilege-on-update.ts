import { massAssignment } from './mass-assignment.ts'
import { GUESSED_RIGHTS } from './privilege-on-create.ts'

/** Last, and on an account of its own where there is one: whoever became an admin would colour every other attack. */
export const privilegeOnUpdate = massAssignment({
  id: 'privilege-on-update',
  number: 54,
  severity: 'critical',
  title: 'An update gives rights that the caller does not have',
  fix: 'Never merge a body into a stored object; take the fields that this caller may change by name. Rights change through an endpoint of their own, for admins.',
  phase: 'exhausting',
  kinds: ['update'],
  fields: (unoffered) => unoffered.filter(({ kind }) => kind === 'privilege'),
  guesses: GUESSED_RIGHTS,
  none: 'its body may hold anything by intention',
})
