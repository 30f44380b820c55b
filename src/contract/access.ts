import { type Duration, seconds } from '../base/duration.ts'
import type { Context } from './context.ts'
import type { Principal } from './principal.ts'

declare const needs: unique symbol

/** A rule that says who may. `Needs` are the names of the objects it looks at, checked by the compiler against the path. */
export interface Access<Needs extends string = never> {
  readonly data: AccessData
  readonly [needs]: Needs
}

/** The rule as data: exportable, reviewable, attackable. Only `rule` carries a function; exports show its name. */
export type AccessData =
  | { readonly kind: 'anyone'; readonly why: string }
  | { readonly kind: 'signedIn' }
  | { readonly kind: 'scope'; readonly scope: string }
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'owns'; readonly object: string }
  | { readonly kind: 'related'; readonly relation: string; readonly object: string }
  | { readonly kind: 'reads'; readonly object: string }
  | { readonly kind: 'fresh'; readonly seconds: number }
  | { readonly kind: 'factors'; readonly count: number }
  | { readonly kind: 'rule'; readonly name: string; readonly check: RuleFunction }
  | { readonly kind: 'any'; readonly of: readonly AccessData[] }
  | { readonly kind: 'all'; readonly of: readonly AccessData[] }

/** Decides from the principal, the loaded objects of the path and the context. Anything but `true` denies. */
export type RuleFunction = (
  facts: { readonly principal: Principal; readonly objects: Readonly<Record<string, unknown>> },
  context: Context,
) => boolean | Promise<boolean>

function access<Needs extends string>(data: AccessData): Access<Needs> {
  return Object.freeze({ data: Object.freeze(data) }) as Access<Needs>
}

/** Nobody in particular: no credential is asked for. `why` is printed by `review`. */
export const anyone = (why: string): Access => access({ kind: 'anyone', why })

/** Any principal with a valid credential, a person or an API key. */
export const signedIn: Access = access({ kind: 'signedIn' })

/** The credential carries this scope (RFC 6750 section 3; a miss names it in the challenge). */
export const scope = (name: string): Access => access({ kind: 'scope', scope: scopeToken(name) })

/** A scope as RFC 6749 section 3.3 spells it: it goes into challenges. @throws {TypeError} For anything else. */
export function scopeToken(name: string): string {
  if (!/^[!#-[\]-~]{1,64}$/.test(name))
    throw new TypeError(
      `"${name}" is no scope; write 1 to 64 visible characters without quotes, backslashes and spaces, for example "invoices:read"`,
    )
  return name
}

/** The principal has this role. API keys have no roles. */
export const role = (name: string): Access => {
  if (name === '') throw new TypeError("role(''): name the role")
  return access({ kind: 'role', role: name })
}

/** The principal is the owner of the object. A row without an owner is nobody's (CVE-2026-45337). */
export const owns = <const Name extends string>(object: Name): Access<Name> => access({ kind: 'owns', object })

/** The principal stands in a declared relation of the resource to the object. */
export const related = <const Name extends string>(relation: string, object: Name): Access<Name> =>
  access({ kind: 'related', relation, object })

/** Whoever may read the object by the resource's own `read` rule. */
export const reads = <const Name extends string>(object: Name): Access<Name> => access({ kind: 'reads', object })

/** The person proved who they are at most this long ago (ASVS 7.5.1; RFC 9470 challenge). */
export const fresh = (within: Duration): Access => access({ kind: 'fresh', seconds: seconds(within) })

/** The person proved it with at least this many factors. */
export const factors = (count: number): Access => access({ kind: 'factors', count })

/** A rule in code, with a name for the audit log and the exports. Prefer the others: they can be attacked and put into the database. */
export const rule = <const Name extends string = never>(name: string, check: RuleFunction): Access<Name> =>
  access({ kind: 'rule', name, check })

/** One of them is enough. */
export const any = <A extends readonly Access<string>[]>(...rules: A): Access<NeedsOf<A[number]>> =>
  access({ kind: 'any', of: rules.map((each) => each.data) })

/** All of them are needed. */
export const all = <A extends readonly Access<string>[]>(...rules: A): Access<NeedsOf<A[number]>> =>
  access({ kind: 'all', of: rules.map((each) => each.data) })

export type NeedsOf<A> = A extends Access<infer Needs> ? Needs : never

/** Every leaf of a rule. */
export function leavesOf(data: AccessData): readonly Exclude<AccessData, { kind: 'any' | 'all' }>[] {
  return data.kind === 'any' || data.kind === 'all' ? data.of.flatMap(leavesOf) : [data]
}

/** Whether the rule can pass without a credential. */
export function isPublic(data: AccessData): boolean {
  if (data.kind === 'any') return data.of.some(isPublic)
  if (data.kind === 'all') return data.of.length > 0 && data.of.every(isPublic)
  return data.kind === 'anyone'
}

/** The rule in words, for docs, review and the audit log. */
export function describeAccess(data: AccessData): string {
  switch (data.kind) {
    case 'anyone':
      return `anyone (${data.why})`
    case 'signedIn':
      return 'whoever is signed in'
    case 'scope':
      return `scope ${data.scope}`
    case 'role':
      return `role ${data.role}`
    case 'owns':
      return `the owner of the ${data.object}`
    case 'related':
      return `a ${data.relation} of the ${data.object}`
    case 'reads':
      return `whoever may read the ${data.object}`
    case 'fresh':
      return `signed in within ${data.seconds} s`
    case 'factors':
      return `${data.count} factors`
    case 'rule':
      return `rule "${data.name}"`
    case 'any':
      return data.of.map(describeAccess).join(' or ')
    case 'all':
      return data.of
        .map((each) => (each.kind === 'any' ? `(${describeAccess(each)})` : describeAccess(each)))
        .join(' and ')
  }
}
