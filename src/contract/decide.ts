import { after, type Eventually } from '../base/eventually.ts'
import type { AccessData, RuleFunction } from './access.ts'
import type { Context } from './context.ts'
import type { Principal } from './principal.ts'
import type { AnyResource } from './resource.ts'

type Row = Readonly<Record<string, unknown>>
type Leaf = Exclude<AccessData, { kind: 'any' | 'all' }>

/** What a rule says before any object is loaded: `object` means that it depends on one. */
export type FunctionVerdict = 'yes' | 'no' | 'object'

/** Decides a rule as far as the principal alone allows (ASVS 8.2.1). */
export function decideFunction(rule: AccessData, principal: Principal, now: number): FunctionVerdict {
  if (rule.kind === 'any') {
    let verdict: FunctionVerdict = 'no'
    for (const each of rule.of) {
      const one = decideFunction(each, principal, now)
      if (one === 'yes') return 'yes'
      if (one === 'object') verdict = 'object'
    }
    return verdict
  }
  if (rule.kind === 'all') {
    let verdict: FunctionVerdict = rule.of.length === 0 ? 'no' : 'yes'
    for (const each of rule.of) {
      const one = decideFunction(each, principal, now)
      if (one === 'no') return 'no'
      if (one === 'object') verdict = 'object'
    }
    return verdict
  }
  if (principal.kind === 'nobody' && (rule.kind === 'owns' || rule.kind === 'related')) return 'no'
  return decideAlone(rule, principal, now) ?? 'object'
}

/** A leaf that needs no object: yes or no. Null for the others. */
function decideAlone(leaf: Leaf, principal: Principal, now: number): 'yes' | 'no' | null {
  const yes = (held: boolean) => (held ? 'yes' : 'no')
  switch (leaf.kind) {
    case 'anyone':
      return 'yes'
    case 'signedIn':
      return yes(principal.kind !== 'nobody')
    case 'scope':
      return yes(principal.scopes.includes(leaf.scope))
    case 'role':
      return yes(principal.roles.includes(leaf.role))
    case 'fresh':
      return yes(principal.authenticatedAt !== null && now - principal.authenticatedAt.getTime() <= leaf.seconds * 1000)
    case 'factors':
      return yes(principal.factors >= leaf.count)
    case 'owns':
    case 'related':
    case 'reads':
    case 'rule':
      return null
  }
}

/** Whether the row is this principal's. A row without an owner is nobody's (CVE-2026-45337). */
export function isOwner(resource: AnyResource, row: Row, principal: Principal): boolean {
  const owner = resource.owner === null ? null : row[resource.owner]
  return (
    principal.id !== '' && (typeof owner === 'string' || typeof owner === 'number') && String(owner) === principal.id
  )
}

/** Whether the row stands on the principal's side of the tenant wall. A row without a tenant is on nobody's. */
export function inTenant(resource: AnyResource, row: Row, principal: Principal): boolean {
  if (resource.tenant === null) return true
  const tenant = row[resource.tenant]
  return (
    principal.tenant !== null &&
    (typeof tenant === 'string' || typeof tenant === 'number') &&
    String(tenant) === principal.tenant
  )
}

type Verdicts = readonly boolean[]

/** Answers a leaf that needs objects, for `count` cases at once. */
export type LeafDecider = (leaf: Leaf) => Eventually<Verdicts>

/**
 * Decides a rule for many rows at once, so that a relation costs one query a page. Undecided means denied. At once unless a relation or a
 * function of the application has to be waited for.
 */
export function decideEach(
  rule: AccessData,
  count: number,
  principal: Principal,
  now: number,
  leaf: LeafDecider,
): Eventually<Verdicts> {
  if (rule.kind === 'any' || rule.kind === 'all') {
    const stop = rule.kind === 'any'
    const decideFrom = (position: number, verdicts: Verdicts): Eventually<Verdicts> => {
      const each = rule.of[position]
      if (each === undefined || verdicts.every((verdict) => verdict === stop)) return verdicts
      return after(decideEach(each, count, principal, now, leaf), (next) =>
        decideFrom(
          position + 1,
          verdicts.map((verdict, index) => (stop ? verdict || next[index] === true : verdict && next[index] === true)),
        ),
      )
    }
    return decideFrom(0, all(count, !stop && rule.of.length > 0))
  }
  const alone = decideAlone(rule, principal, now)
  if (alone !== null) return all(count, alone === 'yes')
  return after(leaf(rule), (given) => all(count, false).map((_, index) => given[index] === true))
}

function all(count: number, verdict: boolean): Verdicts {
  const verdicts: boolean[] = []
  while (verdicts.length < count) verdicts.push(verdict)
  return verdicts
}

/** Rows that a rule may name: one for each object of a path, or the rows of one resource. */
export interface NamedRows {
  readonly resource: AnyResource
  readonly rows: readonly Row[]
}

/**
 * Decides a rule on loaded rows, `count` cases side by side; a name with one row stands for all of them.
 * A name that is not there denies.
 */
export function decideRows(
  rule: AccessData,
  named: ReadonlyMap<string, NamedRows>,
  count: number,
  principal: Principal,
  context: Context,
): Eventually<Verdicts> {
  const now = context.now().getTime()
  const spread = (verdicts: Verdicts) =>
    verdicts.length === count ? verdicts : all(count, verdicts.length === 1 && verdicts[0] === true)
  return decideEach(rule, count, principal, now, (leaf) => {
    if (leaf.kind === 'rule') return decideByFunction(leaf.check, named, count, principal, context)
    if (leaf.kind !== 'owns' && leaf.kind !== 'related' && leaf.kind !== 'reads') return []
    const target = named.get(leaf.object)
    if (!target) return []
    const { resource, rows } = target
    if (leaf.kind === 'owns') return spread(rows.map((row) => isOwner(resource, row, principal)))
    if (leaf.kind === 'reads') {
      return after(
        decideRows(resource.read.data, new Map([[resource.name, target]]), rows.length, principal, context),
        spread,
      )
    }
    const relation = resource.relations[leaf.relation]
    if (!relation) return []
    return after(relation(rows, principal, context), (verdicts) =>
      spread(rows.map((_, index) => verdicts[index] === true)),
    )
  })
}

async function decideByFunction(
  check: RuleFunction,
  named: ReadonlyMap<string, NamedRows>,
  count: number,
  principal: Principal,
  context: Context,
): Promise<Verdicts> {
  const verdicts: boolean[] = []
  for (let index = 0; index < count; index++) {
    const objects = Object.fromEntries(
      [...named].map(([name, { rows }]) => [name, rows[rows.length === 1 ? 0 : index]]),
    )
    verdicts.push((await check({ principal, objects }, context)) === true)
  }
  return verdicts
}

/** Decides a rule of a field or a resource on one row without asking anybody. `related` and `rule` deny here; review refuses them in fields. */
export function decideRow(
  rule: AccessData,
  resource: AnyResource,
  row: Row,
  principal: Principal,
  now: number,
): boolean {
  if (rule.kind === 'any') return rule.of.some((each) => decideRow(each, resource, row, principal, now))
  if (rule.kind === 'all')
    return rule.of.length > 0 && rule.of.every((each) => decideRow(each, resource, row, principal, now))
  if (rule.kind === 'owns') return isOwner(resource, row, principal)
  return decideAlone(rule, principal, now) === 'yes'
}
