import type { Clock } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import type { AttemptPolicy, State } from '../stores/store.ts'

export interface GuessPolicy {
  /** Failures of one account: free ones, doubling waits, lockout. */
  readonly account: AttemptPolicy
  /** Failures from one address (IPv4, IPv6 /64) in a window, whatever accounts they name. */
  readonly address: { readonly failures: number; readonly windowSeconds: number }
  /** Failures of everyone together. */
  readonly everyone: { readonly failures: number; readonly windowSeconds: number }
}

export const GUESS_DEFAULTS: GuessPolicy = Object.freeze({
  account: Object.freeze({
    free: 3,
    baseSeconds: 1,
    maxSeconds: 300,
    lockAfter: 10,
    lockSeconds: 900,
    forgetSeconds: 3600,
  }),
  address: Object.freeze({ failures: 100, windowSeconds: 900 }),
  everyone: Object.freeze({ failures: 3000, windowSeconds: 60 }),
})

/** One attempt to prove who one is. It counts as failed from the beginning. */
export interface Guess {
  /** False while the account waits or is locked. The caller does all the work nevertheless and answers as to a wrong password. */
  readonly allowed: boolean
  /** For the audit log. */
  readonly detail: string
  /** Takes the count back: the account's (or the known device's) wholly, this one attempt of the address and of everyone. */
  succeeded(): Promise<void>
}

export interface Guesser {
  readonly accountKey: string
  readonly addressKey: string
  /** A device on which the owner signed in before: its failures are counted apart, and strangers' failures do not stop it. */
  readonly deviceId: string | null
}

export interface GuessGuard {
  /** @throws {Refusal} `locked` when the address or everyone together failed too often; that tells nothing of the account. */
  begin(who: Guesser): Promise<Guess>
}

/**
 * Budgets for guessing (OWASP API2; ASVS 6.3.1). They count before the password is looked at, and outside the request's unit of work, which
 * a refusal rolls back: 100 wrong logins at once count exactly 100. A success of one's own does not wipe out what else failed from an address.
 */
export function guessGuard(state: GuessState, clock: Clock, policy: GuessPolicy): GuessGuard {
  async function reserve(key: string, limit: GuessPolicy['address'], at: Date): Promise<string> {
    const reservation = await state.detached(() => state.quotas.reserve(key, limit.failures, limit.windowSeconds, at))
    if (reservation === null)
      throw new Refusal('locked', {
        detail: `too many failed logins under ${key}`,
        headers: { 'retry-after': String(limit.windowSeconds) },
      })
    return reservation
  }
  return {
    async begin({ accountKey, addressKey, deviceId }) {
      const at = new Date(clock.now())
      const account = deviceId === null ? `login:account:${accountKey}` : `login:device:${accountKey}:${deviceId}`
      const address = await reserve(`login:address:${addressKey}`, policy.address, at)
      const everyone = await reserve('login:everyone', policy.everyone, at)
      // Last: an address that failed too often must not go on locking accounts.
      const verdict = await state.attempts.begin(account, policy.account, at)
      return {
        allowed: verdict.allowed,
        detail: verdict.allowed
          ? `attempt ${verdict.failures}`
          : `${verdict.locked ? 'locked' : 'waiting'} after ${verdict.failures} failures`,
        async succeeded() {
          await state.attempts.clear(account)
          await state.quotas.release(address)
          await state.quotas.release(everyone)
        },
      }
    },
  }
}

export type GuessState = Pick<State, 'attempts' | 'quotas' | 'detached'>
