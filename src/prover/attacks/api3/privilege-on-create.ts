import { massAssignment } from './mass-assignment.ts'

/** Names under which rights are kept where nobody tells. */
export const GUESSED_RIGHTS = [
  ['role', 'privilege'],
  ['isAdmin', 'privilege'],
  ['permissions', 'privilege'],
] as const

export const privilegeOnCreate = massAssignment({
  id: 'privilege-on-create',
  number: 53,
  severity: 'critical',
  title: 'Whoever creates an account or object gives it rights of his choice',
  fix: 'Copy the few fields that a caller may set out of the body by name; rights come from the server, never from the body.',
  phase: 'normal',
  kinds: ['register', 'create'],
  fields: (unoffered) => unoffered.filter(({ kind }) => kind === 'privilege'),
  guesses: GUESSED_RIGHTS,
  none: 'its body may hold anything by intention',
})
