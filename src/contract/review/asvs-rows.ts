import type { ChecklistRow } from './checklist.ts'
import type { Surroundings } from './surroundings.ts'

/** What ASVS 5.0 asks of sign-in, sessions and tokens, as far as a server can show it: id, level, and the demand in short. */
const DEMANDS: readonly (readonly [id: string, level: 1 | 2 | 3, demand: string])[] = [
  ['6.2.1', 1, 'Passwords have a least length'],
  ['6.2.3', 1, 'A change of the password asks for the present one'],
  ['6.2.4', 1, 'Common passwords are refused'],
  ['6.2.5', 1, 'Any composition is allowed'],
  ['6.2.8', 1, 'Passwords are checked exactly as they were given'],
  ['6.2.9', 2, 'Passwords of 64 characters are allowed'],
  ['6.2.12', 2, 'Passwords from breaches are refused'],
  ['6.3.1', 1, 'Guessing is stopped, and nobody can lock an owner out'],
  ['6.3.3', 2, 'A second factor can be used'],
  ['6.3.5', 3, 'Owners are told of suspicious sign-ins'],
  ['6.3.7', 3, 'Owners are told when what they sign in with changes'],
  ['6.3.8', 3, 'Replies do not tell whether an account exists'],
  ['6.4.3', 2, 'A forgotten password is reset without losing the second factor'],
  ['6.5.1', 2, 'Codes work once'],
  ['7.2.1', 1, 'Tokens of sessions are checked by the server'],
  ['7.2.3', 1, 'Tokens that mean nothing by themselves have 128 random bits'],
  ['7.2.4', 1, 'A sign-in gives new tokens'],
  ['7.3.1', 2, 'Sessions end when they are not used'],
  ['7.3.2', 2, 'Sessions end in any case'],
  ['7.4.1', 1, 'After a logout no token of the session works'],
  ['7.4.2', 1, 'A disabled user has no sessions'],
  ['7.4.3', 2, 'Changing what one signs in with can end the other sessions'],
  ['7.5.1', 2, 'Changing account data that matters asks for a new sign-in'],
  ['7.5.2', 2, 'Users see their sessions and end them'],
  ['7.5.3', 3, 'Sensitive operations ask for a further proof'],
  ['9.1.1', 1, 'The signature of a token is checked before anything in it is believed'],
  ['9.1.2', 1, 'Algorithms come from an allow-list'],
  ['9.1.3', 1, 'Keys come from a place that was configured, never from the token'],
  ['9.2.1', 1, 'Tokens hold for their time only'],
  ['9.2.2', 2, 'The type of a token is checked'],
  ['9.2.3', 2, 'The audience of a token is checked'],
  ['10.4.5', 1, 'A refresh token that is used twice ends its session'],
  ['10.4.8', 2, 'Refresh tokens end in any case'],
]

/** One row a demand: held by the mechanism that the identity names, or missing. No rows where the identity does not say. */
export function asvsRows({ identity }: Surroundings): readonly ChecklistRow[] {
  const { controls } = identity ?? {}
  if (controls === undefined) return []
  return DEMANDS.map(([id, level, demand]) => {
    const by = Object.hasOwn(controls, id) ? controls[id] : undefined
    const row = { part: 'asvs' as const, id, title: `${id} (level ${level}) ${demand}` }
    return by === undefined ? { ...row, state: 'missing', by: [] } : { ...row, state: 'held', by: [by] }
  })
}
