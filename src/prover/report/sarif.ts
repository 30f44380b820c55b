import type { Risk } from '../../contract/review/finding.ts'
import type { AttackSeverity } from '../verdict.ts'
import type { Assessment, Judged } from './assessment.ts'
import type { BaselineEntry } from './baseline.ts'
import { exchangeLine } from './exchange-text.ts'
import { identitiesText, placeText } from './findings.ts'
import { locator, type SourceFile } from './locate.ts'
import type { AttackData } from './run-record.ts'

export interface SarifOptions {
  /** Files of the contract, in which results are placed. */
  readonly sources: readonly SourceFile[]
  /**
   * Also lists what was fixed, as results with the baseline state `absent`. Default false: code hosts that do not read
   * that state would show them as open; they close what an upload does not hold any more.
   */
  readonly absent?: boolean
}

/** SARIF 2.1.0 (OASIS): attacks are rules, findings are results in the file of the contract. */
export function formatSarif(assessment: Assessment, { sources, absent = false }: SarifOptions): string {
  const { run, findings, fixed } = assessment
  const locate = locator(sources)
  const index = new Map(run.attacks.map(({ id }, position) => [id, position]))
  const place = (operation: string | null) => locationsOf(operation, locate(operation))
  const result = (finding: Judged) => ({
    ruleId: finding.attack.id,
    ruleIndex: index.get(finding.attack.id) ?? -1,
    kind: 'fail',
    level: LEVEL[finding.severity],
    message: { text: plainMessage(messageOf(finding)) },
    locations: place(finding.operation),
    partialFingerprints: { [FINGERPRINT]: finding.id },
    baselineState: finding.state === 'new' ? 'new' : 'unchanged',
    ...suppressionsOf(finding),
    properties: {
      severity: finding.severity,
      state: finding.state,
      cause: finding.cause,
      variant: finding.variant,
      identities: finding.identities,
      curl: finding.curl,
    },
  })
  const gone = ({ id, attack, operation, title, severity }: BaselineEntry) => ({
    ruleId: attack,
    ruleIndex: index.get(attack) ?? -1,
    kind: 'pass',
    level: 'none',
    message: { text: plainMessage(`Fixed: ${title}`) },
    locations: place(operation),
    partialFingerprints: { [FINGERPRINT]: id },
    baselineState: 'absent',
    properties: { severity, state: 'fixed' },
  })
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Turnpike', version: run.turnpike, rules: run.attacks.map(ruleOf) } },
        automationDetails: { id: `turnpike/prove/${run.plan.title}/` },
        columnKind: 'utf16CodeUnits',
        invocations: [invocationOf(assessment)],
        results: [...findings.map(result), ...(absent ? fixed.map(gone) : [])],
        properties: { target: run.target, runId: run.runId, requests: run.requests, fixed: fixed.map(({ id }) => id) },
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

const FINGERPRINT = 'turnpikeFinding/v1'
const LEVEL: Readonly<Record<AttackSeverity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
}
/** In the ranges that code hosts name critical (over 9), high (from 7), medium (from 4) and low. */
const SECURITY_SEVERITY: Readonly<Record<AttackSeverity, string>> = {
  critical: '9.5',
  high: '8.0',
  medium: '5.5',
  low: '2.5',
  info: '0.1',
}
const OWASP_PAGE: Readonly<Record<Risk, string>> = {
  API1: '0xa1-broken-object-level-authorization',
  API2: '0xa2-broken-authentication',
  API3: '0xa3-broken-object-property-level-authorization',
  API4: '0xa4-unrestricted-resource-consumption',
  API5: '0xa5-broken-function-level-authorization',
  API6: '0xa6-unrestricted-access-to-sensitive-business-flows',
  API7: '0xa7-server-side-request-forgery',
  API8: '0xa8-security-misconfiguration',
  API9: '0xa9-improper-inventory-management',
  API10: '0xaa-unsafe-consumption-of-apis',
}

const ruleOf = ({ id, number, title, risk, severity, cwe, oracle, fix, references }: AttackData) => ({
  id,
  name: id.replaceAll(/(?:^|-)([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()),
  shortDescription: { text: title },
  fullDescription: { text: oracle },
  help: {
    text: `${fix} Good and bad code: docs/attacks/${risk.toLowerCase()}.md, attack ${number}, in the package turnpike.`,
  },
  helpUri: `https://owasp.org/API-Security/editions/2023/en/${OWASP_PAGE[risk]}/`,
  defaultConfiguration: { level: LEVEL[severity] },
  properties: {
    tags: ['security', `external/cwe/cwe-${cwe}`, `${risk}:2023`],
    precision: 'high',
    'security-severity': SECURITY_SEVERITY[severity],
    references,
  },
})

function messageOf(finding: Judged): string {
  const { attack, why, note, evidence } = finding
  const telling = evidence.at(-1)
  return [
    `${attack.title}: ${placeText(finding)}, ${identitiesText(finding)}. ${why}.`,
    ...(note === null ? [] : [`Note: ${note}.`]),
    ...(telling === undefined ? [] : [exchangeLine(telling)]),
    `Fix: ${attack.fix}`,
  ].join('\n')
}

/** Brackets before a parenthesis would be a link (SARIF 3.11.6), and the target's texts make none. */
const plainMessage = (text: string): string => text.replaceAll('](', '] (')

const suppressionsOf = ({ acceptance }: Judged) =>
  acceptance === null
    ? {}
    : {
        suppressions: [
          {
            kind: 'external',
            status: 'accepted',
            justification: `${acceptance.reason} (until ${acceptance.until})`,
          },
        ],
      }

/** Without a file of the contract the place is `turnpike.yaml`, where a team describes the API for the prover. */
const locationsOf = (operation: string | null, place: { readonly path: string; readonly line: number } | null) => [
  {
    physicalLocation: {
      artifactLocation: { uri: relativeUri(place?.path ?? 'turnpike.yaml'), uriBaseId: '%SRCROOT%' },
      region: { startLine: place?.line ?? 1 },
    },
    ...(operation === null ? {} : { logicalLocations: [{ fullyQualifiedName: operation, kind: 'member' }] }),
  },
]

/** Files outside the repository have no place in it: their name alone is told. */
function relativeUri(path: string): string {
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '.')
  const inside = parts.includes('..') || parts[0] === '' || /^[a-z]:$/i.test(parts[0] ?? '') ? parts.slice(-1) : parts
  return inside.map(encodeURIComponent).join('/')
}

/** What was inconclusive or not tested is told as notifications: it must not look like silence. */
const invocationOf = ({ run, reasons }: Assessment) => ({
  executionSuccessful: !run.interrupted,
  startTimeUtc: run.startedAt,
  endTimeUtc: run.endedAt,
  toolExecutionNotifications: reasons.map(({ outcome, why, attacks, operations, cases }) => ({
    level: outcome === 'inconclusive' ? 'warning' : 'note',
    message: {
      text: plainMessage(
        `${outcome === 'inconclusive' ? 'Inconclusive' : 'Not tested'} (${cases}): ${why}. ${[...attacks, ...operations].join(', ')}`,
      ),
    },
  })),
})
