import { type AccessData, leavesOf } from './access.ts'
import type { Api } from './api.ts'
import type { Endpoint } from './endpoint.ts'

/** Who may call what: a row for each endpoint, a column for each kind of caller. */
export interface AccessMatrix {
  readonly columns: readonly string[]
  readonly rows: readonly { readonly endpoint: string; readonly cells: readonly string[] }[]
}

/** A caller as a rule sees one. */
interface Caller {
  readonly kind: 'nobody' | 'person' | 'key'
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly owns: boolean
  readonly relations: readonly string[]
  /** Whether rules in code say yes. */
  readonly rules: boolean
  /** Whether the sign-in is recent and strong enough. */
  readonly proven: boolean
}

const NOBODY: Caller = {
  kind: 'nobody',
  roles: [],
  scopes: [],
  owns: false,
  relations: [],
  rules: false,
  proven: false,
}
const PERSON: Caller = { ...NOBODY, kind: 'person' }

/**
 * Evaluates every access rule for every kind of caller.
 * Cells: `yes`, `no`, or what is needed beside: `own`, a relation, `rule`; `+ recent sign-in` where a step-up is asked for.
 */
export function accessMatrix(api: Api): AccessMatrix {
  const scopes = distinct(api.endpoints.flatMap(({ clients }) => (clients === null ? [] : [clients])))
  const leaves = distinctLeaves(api)
  const roles = distinct(leaves.flatMap((leaf) => (leaf.kind === 'role' ? [leaf.role] : [])))
  const relations = distinct(leaves.flatMap((leaf) => (leaf.kind === 'related' ? [leaf.relation] : [])))
  const callers: readonly (readonly [name: string, caller: Caller])[] = [
    ['nobody', NOBODY],
    ['signed in', PERSON],
    ...scopes.map((scope) => [`key ${scope}`, { ...PERSON, kind: 'key', scopes: [scope] } as const] as const),
    ...roles.map((role) => [`role ${role}`, { ...PERSON, roles: [role] }] as const),
    ['owner', { ...PERSON, owns: true }],
    ...relations.map((relation) => [relation, { ...PERSON, relations: [relation] }] as const),
  ]
  return {
    columns: callers.map(([name]) => name),
    rows: api.endpoints.map((endpoint) => ({
      endpoint: endpoint.id,
      cells: callers.map(([, caller]) => cell(endpoint, caller)),
    })),
  }
}

function cell(endpoint: Endpoint, caller: Caller): string {
  if (caller.kind === 'key' && (endpoint.clients === null || !caller.scopes.includes(endpoint.clients))) return 'no'
  const plain = needs(endpoint, { ...caller, proven: false })
  // An API key never proves a person.
  if (plain !== null || caller.kind === 'key') return plain ?? 'no'
  const proven = needs(endpoint, { ...caller, proven: true })
  return proven === null ? 'no' : proven === 'yes' ? 'yes + recent sign-in' : `${proven} + recent sign-in`
}

/** What the caller needs beside what he is: `yes` for nothing, null where nothing helps. */
function needs(endpoint: Endpoint, caller: Caller): string | null {
  const passes = (more: Partial<Caller>) => allows(endpoint, { ...caller, ...more })
  if (passes({})) return 'yes'
  if (caller.kind === 'nobody') return passes({ rules: true }) ? 'rule' : null
  const relations = distinct(objectLeaves(endpoint).flatMap((leaf) => (leaf.kind === 'related' ? [leaf.relation] : [])))
  const ways = [
    ...(passes({ owns: true }) ? ['own'] : []),
    ...relations.filter((relation) => passes({ relations: [...caller.relations, relation] })),
    ...(passes({ rules: true }) ? ['rule'] : []),
  ]
  if (ways.length > 0) return ways.join(', ')
  return passes({ owns: true, relations, rules: true }) ? ['own', ...relations, 'rule'].join(' and ') : null
}

function allows(endpoint: Endpoint, caller: Caller): boolean {
  const stepUp = endpoint.flow?.stepUp
  return allowsBy(endpoint.access.data, endpoint, caller) && (!stepUp || allowsBy(stepUp.data, endpoint, caller))
}

function allowsBy(rule: AccessData, endpoint: Endpoint, caller: Caller): boolean {
  switch (rule.kind) {
    case 'anyone':
      return true
    case 'signedIn':
      return caller.kind !== 'nobody'
    case 'scope':
      return caller.scopes.includes(rule.scope)
    case 'role':
      return caller.roles.includes(rule.role)
    case 'owns':
      return caller.owns
    case 'related':
      return caller.relations.includes(rule.relation)
    case 'reads': {
      const resource = endpoint.params.find(({ name }) => name === rule.object)?.resource
      // A read rule that names itself would never end; it denies.
      return resource ? allowsBy(withoutReads(resource.read.data), endpoint, caller) : false
    }
    case 'fresh':
    case 'factors':
      return caller.proven
    case 'rule':
      return caller.rules
    case 'any':
      return rule.of.some((each) => allowsBy(each, endpoint, caller))
    case 'all':
      return rule.of.length > 0 && rule.of.every((each) => allowsBy(each, endpoint, caller))
  }
}

function withoutReads(rule: AccessData): AccessData {
  if (rule.kind === 'reads') return { kind: 'any', of: [] }
  return rule.kind === 'any' || rule.kind === 'all' ? { kind: rule.kind, of: rule.of.map(withoutReads) } : rule
}

/** The leaves of the endpoint's rule, and those of the read rules that it refers to. */
function objectLeaves(endpoint: Endpoint): readonly AccessData[] {
  return leavesOf(endpoint.access.data).flatMap((leaf) => {
    if (leaf.kind !== 'reads') return [leaf]
    const resource = endpoint.params.find(({ name }) => name === leaf.object)?.resource
    return resource ? leavesOf(resource.read.data) : []
  })
}

const distinctLeaves = (api: Api): readonly AccessData[] => api.endpoints.flatMap(objectLeaves)
const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort()
