import type { AccessMatrix } from '../../contract/access-matrix.ts'
import type { ChecklistRow } from '../../contract/review/checklist.ts'
import type { Finding as Fault, Rule } from '../../contract/review/finding.ts'
import type { Assessment } from './assessment.ts'
import { type AsvsRow, asvsRows } from './asvs-rows.ts'
import { identitiesText, placeText } from './findings.ts'
import { instantText, limitsText, reasonsMarkup, risksMarkup } from './html.ts'
import { html, type Markup, page } from './page.ts'
import { counted } from './risk-rows.ts'
import { countsText, speedText } from './run-texts.ts'

/** What a security review asks for. Each part says what it is worth; none says that the API is safe. */
export interface Evidence {
  readonly assessment: Assessment
  /** ISO 8601. */
  readonly madeAt: string
  /** Hash of the commit, with a word on uncommitted changes; `unknown` outside a repository. */
  readonly commit: string
  /** By name: `turnpike`, `node`. */
  readonly versions: Readonly<Record<string, string>>
  /** Null where no api module was named. */
  readonly contract: ContractEvidence | null
}

export interface ContractEvidence {
  readonly file: string
  readonly access: AccessMatrix
  readonly rules: readonly Rule[]
  readonly findings: readonly Fault[]
  readonly checklist: readonly ChecklistRow[]
}

export function evidenceJson(evidence: Evidence): string {
  const { assessment, madeAt, commit, versions, contract } = evidence
  const { run, findings, risks, reasons, fixed, unseen } = assessment
  const told = {
    version: 1,
    madeAt,
    commit,
    versions,
    scope: {
      title: run.plan.title,
      target: run.target,
      contract: run.contract,
      operations: run.plan.operations,
      identities: run.plan.identities.filter(({ spare }) => !spare),
      attacks: run.attacks.length,
      options: run.options,
      startedAt: run.startedAt,
      endedAt: run.endedAt,
      interrupted: run.interrupted,
      requests: run.requests,
      runId: run.runId,
    },
    risks,
    findings: findings.map(({ id, state, severity, attack, operation, variant, why, acceptance, firstSeen }) => ({
      id,
      state,
      severity,
      risk: attack.risk,
      title: attack.title,
      operation,
      variant,
      why,
      acceptance,
      firstSeen,
    })),
    fixed,
    unseen,
    open: reasons,
    asvs: asvsRows(run, contract),
    access: contract?.access ?? null,
    checklist: contract?.checklist ?? null,
  }
  return `${JSON.stringify(told, null, 2)}\n`
}

export function evidenceHtml(evidence: Evidence): string {
  const { assessment, contract } = evidence
  const { run, risks, reasons } = assessment
  return page(
    `Evidence: ${run.plan.title}`,
    html`${headerMarkup(evidence)}
${risksMarkup(risks)}
${findingsMarkup(assessment)}
${contract === null ? null : accessMarkup(contract.access)}
${asvsMarkup(asvsRows(run, contract), contract !== null)}
${contract === null ? null : checklistMarkup(contract.checklist)}
${reasonsMarkup('Inconclusive', 'inconclusive', reasons)}
${reasonsMarkup('Not tested', 'not-tested', reasons)}
<p class="soft small">Held says that these attacks did not go through when they were tried, on this commit and this target. It says nothing of what was not tried. SHA256SUMS holds the hash of every file of this folder: sha256sum -c SHA256SUMS.</p>`,
  )
}

const headerMarkup = ({ assessment, madeAt, commit, versions, contract }: Evidence): Markup => {
  const { run } = assessment
  const people = run.plan.identities.filter(({ spare }) => !spare)
  return html`<header>
<h1>Security evidence: ${run.plan.title}</h1>
<dl class="facts">
<dt>Made</dt><dd>${instantText(madeAt)}</dd>
<dt>Commit</dt><dd><code>${commit}</code></dd>
<dt>Versions</dt><dd>${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}</dd>
<dt>Target</dt><dd><code>${run.target}</code></dd>
${run.contract === null ? null : html`<dt>Contract</dt><dd><code>${run.contract}</code></dd>`}
${contract === null ? null : html`<dt>Module</dt><dd><code>${contract.file}</code></dd>`}
<dt>Attacked</dt><dd>${instantText(run.startedAt)} to ${instantText(run.endedAt)}${run.interrupted ? ', stopped before its end' : ''}</dd>
<dt>Scope</dt><dd>${counted(run.plan.operations.length, 'operation')}, ${counted(run.attacks.length, 'attack')}${limitsText(assessment)}</dd>
<dt>Identities</dt><dd>${people.map(({ name, kind }) => `${name} (${kind})`).join(', ')}</dd>
<dt>Result</dt><dd>${countsText(assessment)}</dd>
<dt>Effort</dt><dd>${speedText(assessment)}</dd>
<dt>Run</dt><dd>${run.runId}, seed ${run.options.seed}; in full in report.html</dd>
</dl>
</header>`
}

function findingsMarkup({ findings }: Assessment): Markup {
  const accepted = findings.filter(({ state }) => state === 'accepted')
  const open = findings.filter(({ state }) => state !== 'accepted')
  return html`<section id="findings">
<h2>Open findings</h2>
${open.length === 0 ? html`<p>None.</p>` : findingTable(open)}
<h2>Accepted findings</h2>
${accepted.length === 0 ? html`<p>None.</p>` : findingTable(accepted)}
</section>`
}

const findingTable = (findings: Assessment['findings']): Markup => html`<div class="scroll"><table>
<thead><tr><th>Severity</th><th>Finding</th><th>Where</th><th>State</th></tr></thead>
<tbody>
${findings.map(
  (
    finding,
  ) => html`<tr><td class="${finding.severity}">${finding.severity}</td><td>${finding.attack.title} <span class="soft small">${finding.attack.risk}, ${finding.id}</span></td><td><code>${placeText(finding)}</code> <span class="soft small">${identitiesText(finding)}</span></td><td>${
    finding.acceptance === null
      ? html`${finding.state}, since ${finding.firstSeen}${finding.note === null ? null : html`; ${finding.note}`}`
      : html`accepted until ${finding.acceptance.until}: ${finding.acceptance.reason}`
  }</td></tr>
`,
)}
</tbody>
</table></div>`

const accessMarkup = ({ columns, rows }: AccessMatrix): Markup => html`<section id="access">
<h2>Who may call what</h2>
<p class="soft small">As the contract says.</p>
<div class="scroll"><table class="wide">
<thead><tr><th>Endpoint</th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({
    endpoint,
    cells,
  }) => html`<tr><th scope="row"><code>${endpoint}</code></th>${cells.map((cell) => html`<td class="${cell === 'no' ? 'none' : ''}">${cell}</td>`)}</tr>
`,
)}
</tbody>
</table></div>
</section>`

const asvsMarkup = (rows: readonly AsvsRow[], hasContract: boolean): Markup => html`<section id="asvs">
<h2>OWASP ASVS 5.0</h2>
<p class="soft small">Requirements that rules or attacks look at, and what they saw. ${hasContract ? '' : 'No api module was named, so no rule read a contract. '}A requirement may ask for more than was looked at.</p>
<div class="scroll"><table>
<thead><tr><th>Requirement</th><th>Rules on the contract</th><th>Attacks on the API</th></tr></thead>
<tbody>
${rows.map(
  ({ id, rules, attacks }) => html`<tr><th scope="row">${id}</th><td>${rules.map(
    ({ title, faults }) =>
      html`<p>${title}: ${faults.length === 0 ? 'no fault found' : html`<span class="broken">${counted(faults.length, 'fault')}</span>`}</p>`,
  )}</td><td>${attacks.map(({ title, state }) => html`<p>${title}: <span class="${state === 'not tested' ? 'none' : state}">${state === 'broken' ? 'went through' : state}</span></p>`)}</td></tr>
`,
)}
</tbody>
</table></div>
</section>`

const checklistMarkup = (rows: readonly ChecklistRow[]): Markup => html`<section id="checklist">
<h2>Checklist of the contract</h2>
<div class="scroll"><table>
<thead><tr><th>What</th><th>State</th><th>By</th></tr></thead>
<tbody>
${rows.map(
  ({
    title,
    state,
    by,
  }) => html`<tr><td>${title}</td><td class="${state === 'held' ? 'held' : state === 'missing' ? 'broken' : 'none'}">${state}</td><td class="small">${by.map((line) => html`<p>${line}</p>`)}</td></tr>
`,
)}
</tbody>
</table></div>
</section>`
