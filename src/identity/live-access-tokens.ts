import type { AuditLog } from '../audit/event.ts'
import type { Clock } from '../base/clock.ts'
import type { KeyRing } from '../vault/index.ts'
import { type AccessTokenPolicy, type AccessTokens, accessTokens } from './access-token.ts'
import type { FileTokenKeys } from './file-token-keys.ts'
import type { Authenticated, Rejected } from './identity.ts'
import { TokenKeys } from './token-keys.ts'

/** A key that was retired elsewhere is refused after this long at most. */
const LOOK_EVERY_MILLISECONDS = 5000
/** A token of a key that is not known yet is worth a look earlier, but not one a request. */
const LOOK_AGAIN_MILLISECONDS = 1000

export interface LiveAccessTokens extends AccessTokens {
  /** The keys in use. */
  keys(): TokenKeys
}

export interface LiveAccessTokensParts {
  readonly source: TokenKeys | FileTokenKeys
  readonly ring: KeyRing
  readonly policy: AccessTokenPolicy
  readonly clock: Clock
  readonly audit: AuditLog
}

/**
 * Access tokens whose keys follow their file: another process rotates or retires a key, and this one notices within seconds (ASVS 11.1.3).
 * What was verified under a key is forgotten with it. A file that cannot be read changes nothing, and the audit log says so.
 */
export async function liveAccessTokens(parts: LiveAccessTokensParts): Promise<LiveAccessTokens> {
  const { source, ring, policy, clock, audit } = parts
  if (source instanceof TokenKeys) return { ...(await accessTokens(source, policy, clock)), keys: () => source }
  let stamp = await source.stamp()
  let keys = (await source.load(ring)) ?? (await source.create(ring))
  stamp ??= await source.stamp()
  let tokens = await accessTokens(keys, policy, clock)
  let broken: string | null = null
  let lookedAt = clock.now()
  let looking: Promise<void> | null = null

  async function look(): Promise<void> {
    const seen = await (source as FileTokenKeys).stamp()
    if (seen === null || seen === stamp || seen === broken) return
    // Until it loads; what does not is looked at again when it has changed.
    broken = seen
    const loaded = await (source as FileTokenKeys).load(ring)
    if (loaded === null) return
    const made = await accessTokens(loaded, policy, clock)
    ;[keys, tokens, stamp, broken] = [loaded, made, seen, null]
    note('token_keys.changed', `active ${keys.active.kid} of ${keys.all.length}`)
  }

  function note(type: string, detail: string): void {
    audit.note({
      type,
      outcome: type === 'token_keys.changed' ? 'success' : 'failed',
      requestId: null,
      principal: '',
      tenant: null,
      addressKey: '',
      endpoint: null,
      code: null,
      detail,
      objects: [],
      facts: {},
    })
  }

  /** Null when a look is not due. */
  function lookAfter(milliseconds: number): Promise<void> | null {
    // A clock that was set back must not keep a retired key in use.
    if (looking === null && Math.abs(clock.now() - lookedAt) < milliseconds) return null
    lookedAt = clock.now()
    looking ??= look()
      .catch((error: unknown) => note('token_keys.unreadable', error instanceof Error ? error.message : String(error)))
      .finally(() => {
        looking = null
      })
    return looking
  }

  /** A token of a key that another process has just made is refused only after a look. */
  async function reconsidered(token: string, answer: Authenticated | Rejected): Promise<Authenticated | Rejected> {
    if (!('rejected' in answer) || answer.rejected !== 'invalid') return answer
    const before = keys
    await lookAfter(LOOK_AGAIN_MILLISECONDS)
    return keys === before ? answer : tokens.verify(token)
  }

  return {
    keys() {
      // Whoever asks for the public keys sees a change, if not at once then with the next question.
      void lookAfter(LOOK_EVERY_MILLISECONDS)
      return keys
    },
    async issue(grant) {
      await lookAfter(LOOK_EVERY_MILLISECONDS)
      return tokens.issue(grant)
    },
    verify(token) {
      const due = lookAfter(LOOK_EVERY_MILLISECONDS)
      if (due) return due.then(() => tokens.verify(token))
      const answer = tokens.verify(token)
      return answer instanceof Promise ? answer.then((given) => reconsidered(token, given)) : answer
    },
  }
}
