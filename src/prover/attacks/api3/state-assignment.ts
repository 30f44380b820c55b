import { massAssignment } from './mass-assignment.ts'

export const stateAssignment = massAssignment({
  id: 'state-assignment',
  number: 56,
  severity: 'high',
  title: 'The body sets a balance, price, status or proof that the server decides',
  fix: 'Compute money and state on the server, and change them in endpoints of their own, with their own checks; take nothing else from the body.',
  phase: 'exhausting',
  kinds: ['register', 'create', 'update'],
  fields: (unoffered) => unoffered.filter(({ kind }) => kind === 'state'),
  guesses: [
    ['balance', 'state'],
    ['verified', 'state'],
    ['status', 'state'],
  ],
  none: 'its body may hold anything by intention',
})
