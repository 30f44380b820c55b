import { CHECKS, type Checks } from '../checks.ts'
import { type AccessData, leavesOf } from '../contract/access.ts'
import { type Api, isOpen, resourcesIn } from '../contract/api.ts'
import { schemaOfBody } from '../contract/body.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import { schemaOfReply } from '../contract/reply.ts'
import type { Risk } from '../contract/review/finding.ts'
import { jsonSchemaOf, nodesOf } from '../contract/schema.ts'
import { writeRulesOf } from '../guards/writable-fields.ts'
import { LAYERS } from './layers.ts'
import { STAND_INS } from './stand-ins.ts'
import type { Away } from './switchboard.ts'

/** One protection, taken away: at an endpoint, or for the whole API. */
export interface Mutation {
  /** `owner-check-true GET /v1/invoices/:invoice`. */
  readonly id: string
  readonly kind: string
  /** What a careless change would have done. */
  readonly title: string
  readonly risk: Risk
  /** Only cases at this endpoint are run. Null: all. */
  readonly endpoint: string | null
  readonly away: Away
  /** Numbers of the attacks that ought to notice. */
  readonly attacks: readonly number[]
  /** Only API keys gain by it. */
  readonly keysOnly?: boolean
}

interface Kind {
  readonly kind: string
  readonly title: string
  readonly risk: Risk
  readonly attacks: readonly number[]
  readonly keysOnly?: boolean
  /** Whether the endpoint has this protection. */
  applies(endpoint: Endpoint): boolean
  readonly away: Away
}

type Name = keyof typeof STAND_INS
const without = (...names: readonly Name[]): Away => ({
  checks: Object.fromEntries(names.map((name) => [name, STAND_INS[name]])),
})
const layer = (name: string): Away => {
  const found = LAYERS.find((each) => each.name === name)
  if (!found) throw new RangeError(`there is no layer "${name}"`)
  return found.away
}

const asksObjects = (rule: AccessData): boolean =>
  leavesOf(rule).some(({ kind }) => ['owns', 'related', 'reads', 'rule'].includes(kind))
const asksAuthority = (rule: AccessData): boolean =>
  leavesOf(rule).some(({ kind }) => kind === 'role' || kind === 'scope')
/** Whether every way in asks for a role or scope. */
const onlyAuthority = (rule: AccessData): boolean =>
  rule.kind === 'any'
    ? rule.of.every(onlyAuthority)
    : rule.kind === 'all'
      ? rule.of.some(onlyAuthority)
      : asksAuthority(rule)
const hasBody = ({ body }: Endpoint): boolean => schemaOfBody(body) !== null
const viewsOf = ({ reply }: Endpoint) => resourcesIn(schemaOfReply(reply), 'output')
function writableMembers(endpoint: Endpoint): readonly string[] {
  const schema = schemaOfBody(endpoint.body)
  const offered =
    schema === null
      ? []
      : [...nodesOf(jsonSchemaOf(schema, 'input'))].flatMap(({ node }) => Object.keys(node.properties ?? {}))
  return writeRulesOf(endpoint).flatMap(({ member }) => (offered.includes(member) ? [member] : []))
}
/**
 * Whether somebody who is shown a row may be barred from a field of it. Rows of a reply satisfy `each` or the resource's read rule;
 * where every way through that is a way to the field too, the reader bars nobody and nothing changes without it.
 */
const barsReaders = (endpoint: Endpoint): boolean =>
  viewsOf(endpoint).some(({ read, fields }) => {
    const ways = waysOf((endpoint.each ?? read).data)
    return Object.values(fields).some(
      (field) => field.read !== undefined && field.read !== false && !isWithin(ways, waysOf(field.read.data)),
    )
  })

/** The alternatives of a rule, as text. */
const waysOf = (rule: AccessData): readonly string[] =>
  rule.kind === 'any' ? rule.of.flatMap(waysOf) : [JSON.stringify(rule)]
const isWithin = (some: readonly string[], all: readonly string[]): boolean => some.every((each) => all.includes(each))

/** Lets in whoever is signed in, whatever the rule says. */
const anybodySignedIn: Checks['functionAccess'] = (endpoint, principal, now) => {
  if (principal.kind === 'nobody') CHECKS.functionAccess(endpoint, principal, now)
}

/** Takes an API key for the person whose key it is. */
const keysAsPeople: Checks['functionAccess'] = (endpoint, principal, now) =>
  CHECKS.functionAccess(endpoint, principal.kind === 'client' ? { ...principal, kind: 'user' } : principal, now)

/** What a handler that returns its row as the database has it would send. */
export const rowWithSecret: Checks['projection'] = (project, value, reader) =>
  withSecret(STAND_INS.projection(project, value, reader))

function withSecret(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSecret)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const inside = members.map(([name, member]) => [name, withSecret(member)] as const)
  const isRow = members.some(([name]) => /^id$/i.test(name))
  return Object.fromEntries(isRow ? [...inside, ['passwordHash', BCRYPT_SHAPE] as const] : inside)
}

/** The shape of a bcrypt hash; of no password. */
const BCRYPT_SHAPE = `$2b$12$${'abcdefghijklmnopqrstu'.padEnd(53, 'v')}`

const OBJECT_ATTACKS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16]
const FIELD_ATTACKS = [53, 54, 55, 56, 57, 58, 59]

/** What a contract says of an endpoint, each as the change that forgets it. */
const KINDS: readonly Kind[] = [
  {
    kind: 'access-open',
    title: 'answers without a credential',
    risk: 'API2',
    attacks: [21, 79],
    applies: (endpoint) => !isOpen(endpoint),
    away: without('functionAccess', 'objectAccess'),
  },
  {
    kind: 'access-any-user',
    title: 'lets in whoever is signed in',
    risk: 'API5',
    attacks: [79],
    applies: ({ access }) => asksAuthority(access.data) && !asksObjects(access.data),
    away: { checks: { functionAccess: anybodySignedIn, objectAccess: STAND_INS.objectAccess } },
  },
  {
    kind: 'keys-as-people',
    title: 'takes an API key for a person',
    risk: 'API5',
    attacks: [79],
    // Whoever asks for a role or scope asks it of the person behind the key too.
    applies: (endpoint) => !isOpen(endpoint) && endpoint.clients === null && !onlyAuthority(endpoint.access.data),
    away: { checks: { functionAccess: keysAsPeople } },
    keysOnly: true,
  },
  {
    kind: 'owner-check-true',
    title: 'does not ask whose the object is',
    risk: 'API1',
    attacks: OBJECT_ATTACKS,
    applies: ({ access, params }) => asksObjects(access.data) && params.some(({ resource }) => resource !== null),
    away: without('objectAccess'),
  },
  {
    kind: 'tenant-wall-down',
    title: 'does not ask whose tenant the object is of',
    risk: 'API1',
    attacks: OBJECT_ATTACKS,
    applies: ({ params }) => params.some(({ resource }) => resource?.tenant != null),
    away: without('tenantWall'),
  },
  {
    kind: 'parent-unchecked',
    title: 'takes a child under any parent',
    risk: 'API1',
    attacks: [7, 8],
    applies: ({ params }) => params.some(({ within }) => within !== null),
    away: without('parentLink'),
  },
  {
    kind: 'reference-unchecked',
    title: 'takes any id in the body or query',
    risk: 'API1',
    attacks: [4, 5, 9],
    applies: (endpoint) =>
      [schemaOfBody(endpoint.body), endpoint.query].some((schema) => resourcesIn(schema, 'input').length > 0),
    away: without('referenceAccess'),
  },
  {
    kind: 'strict-off',
    title: 'takes whatever the body holds',
    risk: 'API3',
    attacks: [...FIELD_ATTACKS, 73, 74, 91, 110],
    applies: hasBody,
    away: without('schema', 'writableFields'),
  },
  {
    kind: 'field-writable',
    title: 'lets everybody set restricted fields',
    risk: 'API3',
    attacks: FIELD_ATTACKS,
    // Only what the body offers can be lost.
    applies: (endpoint) => writableMembers(endpoint).length > 0,
    away: without('writableFields'),
  },
  {
    kind: 'field-readable',
    title: 'shows restricted fields to everybody',
    risk: 'API3',
    attacks: [62, 64],
    applies: (endpoint) => endpoint.method === 'GET' && barsReaders(endpoint),
    away: without('reader'),
  },
  {
    kind: 'reply-open',
    title: 'replies with whatever the handler returned',
    risk: 'API3',
    attacks: [61, 62, 63],
    applies: (endpoint) => viewsOf(endpoint).length > 0,
    away: { checks: { projection: rowWithSecret } },
  },
  {
    kind: 'limit-gone',
    title: 'has no limit',
    risk: 'API4',
    attacks: [66],
    applies: () => true,
    away: without('budget'),
  },
  {
    kind: 'account-limit-gone',
    title: 'has no limit by account',
    risk: 'API4',
    attacks: [47, 67],
    applies: ({ limit }) => limit.by.length > 0,
    away: without('inputBudget'),
  },
  {
    kind: 'body-unbounded',
    title: 'reads a body of any size',
    risk: 'API4',
    attacks: [71],
    applies: hasBody,
    away: without('bodySize'),
  },
  {
    kind: 'depth-unbounded',
    title: 'parses a body of any depth',
    risk: 'API4',
    attacks: [72],
    applies: hasBody,
    away: without('jsonDepth'),
  },
  {
    kind: 'idempotency-off',
    title: 'runs the same request twice',
    risk: 'API6',
    attacks: [88, 89, 93],
    // What creates nothing is the same when it is done twice.
    applies: ({ idempotency, status, flow }) =>
      idempotency === 'required' || (idempotency === 'accepted' && (status === 201 || flow !== null)),
    away: without('replay'),
  },
  {
    kind: 'once-off',
    title: 'succeeds more than once',
    risk: 'API6',
    attacks: [88, 89],
    applies: ({ flow }) => flow?.once === true,
    away: without('flowOnce'),
  },
  {
    kind: 'quota-off',
    title: 'has no quota',
    risk: 'API6',
    attacks: [93],
    applies: ({ flow }) => flow?.perPrincipal != null,
    away: without('flowQuota'),
  },
  {
    kind: 'order-off',
    title: 'can be called before the step it comes after',
    risk: 'API6',
    attacks: [90],
    applies: ({ flow }) => flow?.after != null,
    away: without('flowOrder'),
  },
  {
    kind: 'step-up-off',
    title: 'does not ask for a recent or stronger sign-in',
    risk: 'API6',
    attacks: [90],
    applies: ({ flow }) => flow?.stepUp != null,
    away: without('flowStepUp'),
  },
  {
    kind: 'egress-open',
    title: 'calls any address that it is given',
    risk: 'API7',
    attacks: [94, 95, 96, 97, 98, 99, 100, 101],
    applies: ({ outbound }) => outbound === 'public',
    away: { outbound: { ...layer('outbound target').outbound, ...layer('outbound addresses').outbound } },
  },
  {
    kind: 'sunset-ignored',
    title: 'is served after its sunset',
    risk: 'API9',
    attacks: [121],
    applies: ({ lifecycle }) => lifecycle.sunset !== undefined,
    away: without('lifecycle'),
  },
  {
    kind: 'webhook-unsigned',
    title: 'takes a delivery that nobody signed',
    risk: 'API10',
    attacks: [129],
    applies: ({ body }) => body !== null && 'kind' in body && body.kind === 'signed',
    away: without('signedBody'),
  },
  {
    kind: 'webhook-replayed',
    title: 'takes a delivery twice',
    risk: 'API10',
    attacks: [130],
    applies: ({ body }) => body !== null && 'kind' in body && body.kind === 'signed',
    away: without('takeDelivery'),
  },
]

/** What holds for the API as a whole, each as the change that forgets it. */
const EVERYWHERE: readonly Omit<Kind, 'applies'>[] = [
  {
    kind: 'algorithm-open',
    title: 'believes a token without its signature',
    risk: 'API2',
    attacks: [23, 24, 25, 26],
    away: without('verify'),
  },
  {
    kind: 'revocation-off',
    title: 'honours a token after its logout',
    risk: 'API2',
    attacks: [42],
    away: without('standing'),
  },
  { kind: 'cors-open', title: 'lets every origin in', risk: 'API8', attacks: [102, 103, 104], away: layer('origin') },
  {
    kind: 'headers-off',
    title: 'sends no security headers',
    risk: 'API8',
    attacks: [106, 107],
    away: without('securityHeaders'),
  },
  { kind: 'errors-open', title: 'tells its inner errors', risk: 'API8', attacks: [109], away: without('problem') },
]

/** Every protection of this contract that a drill takes away. */
export function mutationsOf(api: Api): readonly Mutation[] {
  const here = KINDS.flatMap(({ applies, ...kind }) =>
    api.endpoints
      .filter(applies)
      .map((endpoint) => ({ ...kind, id: `${kind.kind} ${endpoint.id}`, endpoint: endpoint.id })),
  )
  const everywhere = EVERYWHERE.map((kind) => ({ ...kind, id: kind.kind, endpoint: null }))
  return [...here, ...everywhere]
}
