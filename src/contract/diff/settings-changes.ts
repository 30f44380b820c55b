import { type Change, changes, neutral, type Place } from './change.ts'
import type { KindName } from './change-kinds.ts'
import { compareAllowed, compareMaximum, compareMinimum } from './order.ts'

/** What a server ran with, as it recorded it at its start. */
export interface RecordedSettings {
  readonly settings: {
    readonly production: boolean
    readonly plainHttp: boolean
    readonly hosts: 'any' | readonly string[]
    readonly store: string
    readonly lastingKeys: boolean
  }
  readonly layers: { readonly rowSecurity: boolean }
  readonly identity: {
    readonly credentials: readonly string[]
    readonly passwords: string | null
    readonly tokenGaps: readonly string[]
    readonly lacks: readonly string[]
    /** Absent where the identity does not tell, and in what older versions recorded. */
    readonly tokens?: { readonly algorithms: readonly string[]; readonly lifetimeSeconds: number }
  }
  /** Absent in what older versions recorded. */
  readonly callers?: { readonly origins: readonly string[]; readonly trustedProxies: readonly string[] }
}

const place: Place = { section: 'settings', key: '' }

/** What changed between two starts of a server, and what of it loosens. What one side did not record is not compared. */
export function diffSettings(before: RecordedSettings, after: RecordedSettings): readonly Change[] {
  const [was, is] = [before.settings, after.settings]
  return [
    ...more('plain-http', was.plainHttp, is.plainHttp),
    ...less('production', was.production, is.production),
    ...less('lasting-keys', was.lastingKeys, is.lastingKeys),
    ...less('row-security', before.layers.rowSecurity, after.layers.rowSecurity),
    ...names('hosts', was.hosts, is.hosts),
    ...(was.store === is.store
      ? []
      : neutral({
          kind: 'lasting-keys',
          place,
          subject: 'store',
          before: was.store,
          after: is.store,
          sentence: `the store is another: ${was.store} → ${is.store}`,
        })),
    ...(before.callers && after.callers
      ? [
          ...names('origins', before.callers.origins, after.callers.origins),
          ...names('proxies', before.callers.trustedProxies, after.callers.trustedProxies),
        ]
      : []),
    ...identityChanges(before.identity, after.identity),
  ]
}

function identityChanges(was: RecordedSettings['identity'], is: RecordedSettings['identity']): readonly Change[] {
  const lifetime = { before: was.tokens?.lifetimeSeconds ?? null, after: is.tokens?.lifetimeSeconds ?? null }
  return [
    ...each('credential', was.credentials.map(withoutDetail), is.credentials.map(withoutDetail)),
    ...(was.tokens && is.tokens
      ? [
          ...each('token-algorithm', was.tokens.algorithms, is.tokens.algorithms),
          ...changes(compareMaximum(lifetime.before, lifetime.after), { kind: 'token-lifetime', place, ...lifetime }),
        ]
      : []),
    ...changes(was.passwords === is.passwords ? 'same' : is.passwords === null ? 'narrower' : 'unknown', {
      kind: 'passwords',
      place,
      before: was.passwords,
      after: is.passwords,
    }),
    ...each('identity-gap', [...was.tokenGaps, ...was.lacks], [...is.tokenGaps, ...is.lacks]),
  ]
}

/** `access tokens (JWT, EdDSA, 900 s)`: the detail is compared by itself. */
const withoutDetail = (credential: string): string => credential.replace(/ \([^()]*\)$/, '')

const more = (kind: KindName, before: boolean, after: boolean) =>
  changes(compareMaximum(Number(before), Number(after)), { kind, place, before, after })

const less = (kind: KindName, before: boolean, after: boolean) =>
  changes(compareMinimum(Number(before), Number(after)), { kind, place, before, after })

function names(kind: KindName, before: 'any' | readonly string[], after: 'any' | readonly string[]) {
  const set = (list: 'any' | readonly string[]) => (list === 'any' ? null : list)
  return changes(compareAllowed(set(before), set(after)), { kind, place, before, after })
}

/** One change for each name that only one side has; more names loosen. */
function each(kind: KindName, before: readonly string[], after: readonly string[]): readonly Change[] {
  const only = (one: readonly string[], other: readonly string[]) => one.filter((name) => !other.includes(name))
  return [
    ...only(after, before).flatMap((name) =>
      changes('wider', { kind, place, subject: name, before: null, after: name }),
    ),
    ...only(before, after).flatMap((name) =>
      changes('narrower', { kind, place, subject: name, before: name, after: null }),
    ),
  ]
}
