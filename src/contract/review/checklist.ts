import { isPublic, leavesOf } from '../access.ts'
import type { Api } from '../api.ts'
import type { Endpoint } from '../endpoint.ts'
import { asvsRows } from './asvs-rows.ts'
import type { Finding, Risk } from './finding.ts'
import { guesses } from './rules/login-limit.ts'
import type { Surroundings } from './surroundings.ts'

/** One row: held and by what, missing and why, not applicable, or unknown because `review` was not told. */
export interface ChecklistRow {
  readonly part: 'guide' | 'risk' | 'asvs'
  readonly id: string
  readonly title: string
  readonly state: 'held' | 'missing' | 'not applicable' | 'unknown'
  /** The mechanisms that hold it, or what is missing. */
  readonly by: readonly string[]
}

interface Facts {
  readonly api: Api
  readonly surroundings: Surroundings
  readonly findings: readonly Finding[]
}
type Verdict = Pick<ChecklistRow, 'state' | 'by'>

const held = (...by: readonly string[]): Verdict => ({ state: 'held', by })
const missing = (...by: readonly string[]): Verdict => ({ state: 'missing', by })
const none = (why: string): Verdict => ({ state: 'not applicable', by: [why] })
const unknown = (what: string): Verdict => ({ state: 'unknown', by: [what] })

/** The checklist of the guide and the ten risks, each row worked out from the contract and what is known around it. */
export function checklist(api: Api, surroundings: Surroundings, findings: readonly Finding[]): readonly ChecklistRow[] {
  const facts: Facts = { api, surroundings, findings }
  return [
    ...GUIDE.map(([id, title, judge]) => ({ part: 'guide' as const, id, title, ...judge(facts) })),
    ...RISKS.map(([id, title, mechanisms]) => ({
      part: 'risk' as const,
      id,
      title: `${id} ${title}`,
      ...judgeRisk(id, mechanisms(facts), facts),
    })),
    ...asvsRows(surroundings),
  ]
}

/** Missing while an error of one of these rules stands. */
function unlessFound(facts: Facts, rules: readonly string[], verdict: Verdict): Verdict {
  const found = facts.findings.filter(({ rule, severity }) => severity === 'error' && rules.includes(rule))
  return found.length > 0 ? missing(...found.map(({ message }) => message)) : verdict
}

function judgeRisk(risk: Risk, mechanisms: readonly string[], { findings }: Facts): Verdict {
  const errors = findings.filter((finding) => finding.risk === risk && finding.severity === 'error')
  if (errors.length > 0) return missing(...errors.map(({ message }) => message))
  return mechanisms.length > 0 ? held(...mechanisms) : none('the contract has nothing that it concerns')
}

const of = (count: number, total: number, what: string): string => `${count} of ${total} ${what}`
const closed = ({ api }: Facts) => api.endpoints.filter(({ access }) => !isPublic(access.data))
const withObjects = ({ api }: Facts) =>
  api.endpoints.filter(({ params }) => params.some(({ resource }) => resource !== null))
const withInput = ({ api }: Facts) =>
  api.endpoints.filter(({ body, query, params }) => body !== null || query !== null || params.length > 0)
const sealedFields = ({ api }: Facts) =>
  api.resources.flatMap(({ name, fields }) =>
    Object.entries(fields).flatMap(([field, { seal }]) => (seal ? [`${name}.${field}`] : [])),
  )
const maskedFields = ({ api }: Facts) =>
  api.resources.flatMap(({ name, fields }) =>
    Object.entries(fields).flatMap(([field, { mask }]) => (mask === undefined ? [] : [`${name}.${field}`])),
  )
const restrictedFields = ({ api }: Facts) =>
  api.resources.flatMap(({ name, fields }) =>
    Object.entries(fields).flatMap(([field, { read, write }]) =>
      read === undefined && write === undefined ? [] : [`${name}.${field}`],
    ),
  )
const flows = ({ api }: Facts) => api.endpoints.filter(({ flow }) => flow !== null)
const outbound = ({ api }: Facts) => api.endpoints.filter((endpoint) => endpoint.outbound !== null)
const webhooks = ({ api }: Facts) =>
  api.endpoints.filter(({ body }) => body !== null && 'kind' in body && body.kind === 'signed')
const rateOf = ({ limit }: Endpoint) => `${limit.rate.count} in ${limit.rate.windowSeconds} s`
const ids = (endpoints: readonly Endpoint[]) => endpoints.map(({ id }) => id)

const GUIDE: readonly (readonly [id: string, title: string, judge: (facts: Facts) => Verdict])[] = [
  [
    'authentication',
    'Authentication on every endpoint',
    (facts) => {
      const open = facts.api.endpoints.filter(({ access }) => isPublic(access.data))
      return unlessFound(
        facts,
        ['access-missing', 'empty-rule', 'open-view', 'reason-missing'],
        held(
          of(closed(facts).length, facts.api.endpoints.length, 'endpoints ask for a credential'),
          ...open.map(
            ({ id, access }) =>
              `${id} is open: ${leavesOf(access.data)
                .flatMap((leaf) => (leaf.kind === 'anyone' ? [leaf.why] : []))
                .join('; ')}`,
          ),
        ),
      )
    },
  ],
  [
    'token-verification',
    'Tokens are short-lived, verified and revocable',
    ({ surroundings: { identity } }) => {
      if (!identity) return unknown('review was not told how callers are known')
      return identity.tokenGaps.length > 0
        ? missing(...identity.tokenGaps)
        : held(...identity.credentials, 'revoked tokens are refused on the next request')
    },
  ],
  [
    'object-checks',
    'Object checks wherever a client names an object',
    (facts) => {
      const endpoints = withObjects(facts)
      if (endpoints.length === 0) return none('no path names an object')
      return unlessFound(
        facts,
        [
          'object-rule-missing',
          'moot-object-rule',
          'plain-id-param',
          'plain-id-input',
          'moved-reference',
          'nested-path',
          'unknown-object',
          'ownerless-object',
        ],
        held(
          of(endpoints.length, endpoints.length, 'endpoints with objects load and authorize them before the handler'),
          'rows of replies are checked again',
          ...(facts.surroundings.layers?.rowSecurity ? ['row-level security in the database'] : []),
        ),
      )
    },
  ],
  [
    'tenant-wall',
    'Tenants are kept apart',
    ({ api, findings }) => {
      const walled = api.resources.filter(({ tenant }) => tenant !== null)
      if (walled.length === 0) return none('no resource has a tenant')
      const gaps = findings.filter(({ rule }) => rule === 'tenant-missing')
      return gaps.length > 0
        ? missing(...gaps.map(({ message }) => message))
        : held(`by field: ${walled.map(({ name, tenant }) => `${name}.${tenant}`).join(', ')}`)
    },
  ],
  [
    'login-limits',
    'Strict limits on authentication endpoints',
    (facts) => {
      const endpoints = facts.api.endpoints.filter(
        (endpoint) => endpoint.method !== 'GET' && isPublic(endpoint.access.data) && guesses(endpoint),
      )
      if (endpoints.length === 0) return none('the contract has no endpoint where credentials are guessed')
      return unlessFound(
        facts,
        ['login-limit', 'open-write'],
        held(
          ...endpoints.map(
            (endpoint) =>
              `${endpoint.id}: ${rateOf(endpoint)} by address${endpoint.limit.by.map(({ key }) => `, and by ${key.name}`).join('')}`,
          ),
        ),
      )
    },
  ],
  [
    'limits',
    'Limits on search and other expensive endpoints, and on all',
    (facts) => {
      const soft = facts.findings.filter(({ rule }) => rule === 'search-limit' || rule === 'high-limit')
      if (soft.length > 0) return missing(...soft.map(({ message }) => message))
      return unlessFound(
        facts,
        ['limit-key', 'open-write'],
        held(
          of(
            facts.api.endpoints.length,
            facts.api.endpoints.length,
            'endpoints have a limit of rate, size, time and concurrency',
          ),
        ),
      )
    },
  ],
  [
    'strict-input',
    'Strict schemas: unknown fields refused, everything bounded',
    (facts) => {
      const endpoints = withInput(facts)
      if (endpoints.length === 0) return none('no endpoint takes input')
      return unlessFound(
        facts,
        ['loose-input', 'untyped-input', 'unbounded-input', 'unsayable-schema', 'coerced-input', 'query-shape'],
        held(of(endpoints.length, endpoints.length, 'endpoints with input have strict, bounded schemas')),
      )
    },
  ],
  [
    'replies',
    'Replies by allow-list, nothing secret in them',
    (facts) =>
      unlessFound(
        facts,
        ['bare-reply', 'reply-projection', 'secret-in-reply', 'unsayable-schema'],
        held(
          'replies are built field by field from their schemas',
          ...(restrictedFields(facts).length > 0 ? [`restricted: ${restrictedFields(facts).join(', ')}`] : []),
        ),
      ),
  ],
  [
    'https',
    'HTTPS only, HSTS',
    ({ surroundings: { settings } }) => {
      if (!settings) return unknown('review was not told the settings')
      return settings.plainHttp
        ? missing('plain HTTP is served')
        : held(
            'plain HTTP is refused, not redirected, except from this very machine (ASVS 4.1.2)',
            'HSTS of two years on every reply over HTTPS',
          )
    },
  ],
  [
    'headers',
    'Security headers, no Server header, CORS without *',
    ({ surroundings: { settings } }) =>
      settings
        ? held(
            'set on every reply by the last guard',
            ...(settings.xssFilter ? ['X-XSS-Protection: 1 on request, which OWASP advises against'] : []),
          )
        : unknown('review was not told the settings'),
  ],
  [
    'hashes',
    'Passwords are hashed slowly',
    ({ surroundings: { identity } }) =>
      identity
        ? held(identity.passwords ?? 'no password is kept here')
        : unknown('review was not told how callers are known'),
  ],
  [
    'encryption',
    'Personal data is encrypted and masked',
    (facts) => {
      const open = facts.findings.filter(({ rule }) => rule === 'personal-data')
      if (open.length > 0) return missing(...open.map(({ message }) => message))
      const [sealed, masked] = [sealedFields(facts), maskedFields(facts)]
      if (sealed.length + masked.length === 0) return none('no field looks personal')
      return held(
        ...(sealed.length > 0 ? [`sealed: ${sealed.join(', ')}`] : []),
        ...(masked.length > 0 ? [`masked: ${masked.join(', ')}`] : []),
      )
    },
  ],
  [
    'secrets',
    'Secrets come from the environment or a manager',
    ({ surroundings: { settings } }) => {
      if (!settings) return unknown('review was not told the settings')
      return settings.lastingKeys
        ? held('keys come from a key ring outside the code')
        : missing('keys are made at start and lost at the end')
    },
  ],
  [
    'sql',
    'Parameterized SQL',
    ({ surroundings: { layers, settings } }) => {
      if (layers?.rowSecurity)
        return held(
          "Turnpike's own queries are built with bound values",
          "row-level security limits what the application's can reach",
        )
      return settings
        ? held("Turnpike's own queries are built with bound values; the application's are its own")
        : unknown('review was not told the stores')
    },
  ],
  [
    'audit',
    'Security events are logged, tamper-evident',
    ({ surroundings: { settings } }) => {
      if (!settings) return unknown('review was not told the settings')
      return settings.store === 'memory'
        ? missing('the audit log lives in memory')
        : held('hash-chained audit log, committed with each change')
    },
  ],
  [
    'versioning',
    'Versions in paths, deprecation and sunset',
    ({ api, findings }) => {
      const bare = findings.filter(({ rule }) => rule === 'version-missing')
      if (bare.length > 0)
        return missing(of(bare.length, api.endpoints.length, 'endpoints have no version in their path'))
      const versioned = api.endpoints.filter(({ path }) => /^(?:\/[^/]+)*\/v\d+(?:\/|$)/.test(path))
      const ending = api.endpoints.filter(({ lifecycle }) => lifecycle.deprecated !== undefined)
      return held(
        of(versioned.length, api.endpoints.length, 'endpoints name their version'),
        ...ending.map(({ id }) => `${id} is deprecated`),
      )
    },
  ],
  [
    'dependencies',
    'Dependency scanning',
    ({ surroundings: { dependencies } }) => {
      if (!dependencies) return unknown('review was not told the dependencies')
      if (dependencies.audit === 'not asked') return unknown('inconclusive: nothing was scanned; ask with --audit')
      if (dependencies.audit === 'unavailable') return unknown('inconclusive: the registry answers no advisory query')
      if (dependencies.audit === 'vulnerable' || !dependencies.lockFile)
        return missing(dependencies.lockFile ? 'known vulnerabilities are installed' : 'there is no lock file')
      return held('lock file', ...(dependencies.integrity ? ['integrity hashes'] : []), 'no known vulnerability')
    },
  ],
  ['scans', 'Automated scans', ({ api }) => held(`this review: ${api.endpoints.length} endpoints against every rule`)],
]

const RISKS: readonly (readonly [id: Risk, title: string, mechanisms: (facts: Facts) => readonly string[]])[] = [
  [
    'API1',
    'Broken object level authorization',
    (facts) => [
      ...(withObjects(facts).length > 0
        ? [
            `objects are loaded and authorized in ${withObjects(facts).length} endpoints`,
            'rows of replies are checked again',
          ]
        : []),
      ...(facts.surroundings.layers?.rowSecurity ? ['row-level security'] : []),
    ],
  ],
  [
    'API2',
    'Broken authentication',
    (facts) =>
      (facts.surroundings.identity && [
        ...facts.surroundings.identity.credentials,
        ...facts.surroundings.identity.tokenGaps.map((gap) => `but ${gap}`),
      ]) ??
      (closed(facts).length > 0 ? [`${closed(facts).length} endpoints ask for a credential`] : []),
  ],
  [
    'API3',
    'Broken object property level authorization',
    (facts) => [
      'replies are projected by allow-list',
      'unknown input fields are refused',
      ...(restrictedFields(facts).length > 0 ? [`field rules: ${restrictedFields(facts).join(', ')}`] : []),
    ],
  ],
  [
    'API4',
    'Unrestricted resource consumption',
    ({ api }) => [`rate, size, time and concurrency limits on ${api.endpoints.length} endpoints`],
  ],
  [
    'API5',
    'Broken function level authorization',
    ({ api }) => [`an access rule on each of ${api.endpoints.length} endpoints; what is not declared is not served`],
  ],
  [
    'API6',
    'Unrestricted access to sensitive business flows',
    (facts) => ids(flows(facts)).map((id) => `${id} is a declared flow`),
  ],
  [
    'API7',
    'Server side request forgery',
    (facts) =>
      outbound(facts).map(
        ({ id, outbound: to }) =>
          `${id} may call ${to === 'public' ? 'public addresses' : (to ?? []).join(', ')}, vetted and pinned`,
      ),
  ],
  [
    'API8',
    'Security misconfiguration',
    ({ surroundings: { settings } }) => [
      'settings are parsed strictly, once, and frozen',
      ...(settings && !settings.plainHttp ? ['plain HTTP is refused, except from this very machine'] : []),
    ],
  ],
  [
    'API9',
    'Improper inventory management',
    ({ api }) => [
      `the inventory is the contract: ${api.endpoints.length} endpoints, ${api.resources.length} resources`,
    ],
  ],
  [
    'API10',
    'Unsafe consumption of APIs',
    (facts) => [
      ...(outbound(facts).length > 0 ? ['answers from outside are bounded and validated by a schema'] : []),
      ...ids(webhooks(facts)).map((id) => `${id} takes signed messages only, once`),
    ],
  ],
]
