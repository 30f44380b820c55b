import type { LocalSettings } from './local-config.ts'
import type { PasswordPolicy } from './password-policy.ts'

/** By which mechanism local identity holds what ASVS 5.0 asks (V6, V7, V9, V10), by the id of the demand. What is not here is not held. */
export function localControls(
  { guessing, refresh, accessTokenSeconds, passwordPolicy }: LocalSettings,
  { rules }: PasswordPolicy,
): Readonly<Record<string, string>> {
  const { account } = guessing
  const blocklist = typeof passwordPolicy === 'object' && passwordPolicy.blocklist !== undefined
  return {
    '6.2.1': rules === 'nist' ? 'at least 15 characters' : 'at least 8 characters',
    '6.2.3': 'POST /me/password takes the present password, counted as a guess',
    '6.2.4': 'common words, words about the owner and of the service, runs and repetitions count for nothing',
    ...(rules === 'nist' ? { '6.2.5': 'length and a list, no rules of composition' } : {}),
    '6.2.8': 'neither cut, trimmed nor converted; what a hash would not see whole is refused',
    '6.2.9': 'up to 128 characters (72 bytes with bcrypt, longer ones are refused)',
    ...(blocklist ? { '6.2.12': 'the configured block-list' } : {}),
    '6.3.1': `waits that double after ${account.free} failures, a lockout of ${account.lockSeconds} s after ${account.lockAfter}, budgets by address and for everyone; a known device has guesses of its own`,
    '7.2.1': 'signature, type, issuer, audience, time and standing, on every request',
    '7.2.3': 'refresh tokens of 256 bits, ids of sessions and tokens of 128',
    '7.2.4': 'each sign-in is a session of its own',
    '7.3.1': `refresh tokens that rest for ${refresh.idleDays} days`,
    '7.3.2': `${refresh.absoluteDays} days after the sign-in`,
    '7.4.1': 'the session is revoked, and asked for on every request',
    '7.4.2': 'disabling or removing ends sessions, keys and tokens',
    '7.4.3': 'a change of the password ends all other sessions',
    '7.5.1': 'the e-mail address needs a sign-in of the last 5 minutes',
    '7.5.2': 'sessions are listed with device and address, and end one by one or all',
    '7.5.3': 'access rules fresh(…) and factors(…), answered with what the client must do (RFC 9470)',
    '9.1.1': 'nothing is read before the signature held',
    '9.1.2': 'the one algorithm of the key',
    '9.1.3': 'the key that kid names in our own ring; jku, x5u, jwk and x5c are refused',
    '9.2.1': `exp, iat and a lifetime of at most ${accessTokenSeconds} s`,
    '9.2.2': 'at+jwt and nothing else (RFC 9068)',
    '9.2.3': 'our own audience, exactly',
    '10.4.5': 'reuse after the window ends the session, with an alarm in the audit log',
    '10.4.8': `no refresh goes past ${refresh.absoluteDays} days`,
  }
}
