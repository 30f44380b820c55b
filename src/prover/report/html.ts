import type { Assessment } from './assessment.ts'
import { findingsMarkup } from './findings-markup.ts'
import { type MatrixCell, riskMatrix } from './matrix.ts'
import { html, type Markup, page } from './page.ts'
import { counted, type Reason, type RiskRow, riskText } from './risk-rows.ts'
import { countsText, speedText } from './run-texts.ts'

/** One page that a reviewer reads without tools: it needs no script and loads nothing. */
export function formatHtml(assessment: Assessment): string {
  const { run, risks, reasons } = assessment
  return page(
    `Turnpike: ${run.plan.title}`,
    html`${headerMarkup(assessment)}
${risksMarkup(risks)}
${matrixMarkup(assessment)}
${findingsMarkup(assessment)}
${reasonsMarkup('Inconclusive', 'inconclusive', reasons)}
${reasonsMarkup('Not tested', 'not-tested', reasons)}
${notesMarkup(run.plan.notes)}
<p class="soft small">Held says that these attacks did not go through when they were tried. It says nothing of what was not tried.</p>`,
  )
}

function headerMarkup(assessment: Assessment): Markup {
  const { run, reasons } = assessment
  const has = (wanted: Reason['outcome']) => reasons.some(({ outcome }) => outcome === wanted)
  const people = run.plan.identities.filter(({ spare }) => !spare)
  const identities = people.map(({ name, kind, tenant }) =>
    tenant === null ? `${name} (${kind})` : `${name} (${kind} of ${shortened(tenant)})`,
  )
  return html`<header>
<h1>${run.plan.title}</h1>
<p class="soft">What an attack found, and what held</p>
<dl class="facts">
<dt>Target</dt><dd><code>${run.target}</code></dd>
${run.contract === null ? null : html`<dt>Contract</dt><dd><code>${run.contract}</code></dd>`}
<dt>When</dt><dd>${instantText(run.startedAt)} to ${instantText(run.endedAt)}${run.interrupted ? ', stopped before its end' : ''}</dd>
<dt>Scope</dt><dd>${counted(run.plan.operations.length, 'operation')}, ${counted(run.attacks.length, 'attack')}${limitsText(assessment)}</dd>
<dt>Identities</dt><dd>${identities.length === 0 ? 'none' : identities.join(', ')}</dd>
<dt>Result</dt><dd>${countsText(assessment)}</dd>
<dt>Effort</dt><dd>${speedText(assessment)}</dd>
<dt>Run</dt><dd>${run.runId}, seed ${run.options.seed}, Turnpike ${run.turnpike}</dd>
</dl>
<nav><a href="#risks">Ten risks</a><a href="#matrix">Endpoints × risks</a><a href="#findings">Findings</a>${
    has('inconclusive') ? html`<a href="#inconclusive">Inconclusive</a>` : null
  }${has('not-tested') ? html`<a href="#not-tested">Not tested</a>` : null}</nav>
</header>`
}

const shortened = (name: string): string => (name.length > 14 ? `${name.slice(0, 8)}…` : name)

/** `2026-01-31 12:00:00 UTC`. */
export const instantText = (instant: string): string => instant.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC')

export function limitsText({ run: { options } }: Assessment): string {
  const limits = [
    ...(options.safe ? ['nothing was destroyed (--safe)'] : []),
    ...(options.limits.allowWrites ? [] : ['nothing was written']),
    ...(options.only.length > 0 ? [`only ${options.only.join(', ')}`] : []),
    ...(options.limits.scope.length > 0 ? [`only below ${options.limits.scope.join(', ')}`] : []),
  ]
  return limits.map((limit) => `; ${limit}`).join('')
}

const CLASS = { held: 'held', broken: 'broken', inconclusive: 'inconclusive', 'not tested': 'none' } as const

/** Also part of the evidence. */
export const risksMarkup = (risks: readonly RiskRow[]): Markup => html`<section id="risks">
<h2>The ten risks of the OWASP API Security Top 10, 2023</h2>
<ul class="plain risks">
${risks.map(riskMarkup)}
</ul>
</section>`

function riskMarkup(row: RiskRow): Markup {
  // What is said of a row that did hold belongs to the lists below.
  const reasons = row.state === 'held' || row.state === 'broken' ? [] : row.reasons.slice(0, 3)
  return html`<li><span class="badge ${CLASS[row.state]}">${row.state}</span><div><strong>${row.risk}</strong> ${row.title}
${row.state === 'not tested' ? null : html`<p class="soft small">${riskText(row)}</p>`}${reasons.map(({ why }) => html`<p class="soft small">${why}</p>`)}</div></li>
`
}

const SIGN = { held: '✓', broken: '✗', inconclusive: '?', 'not tested': '–' } as const

function matrixMarkup({ run }: Assessment): Markup {
  const { risks, rows } = riskMatrix(run)
  return html`<section id="matrix">
<h2>Endpoints × risks</h2>
<p class="soft small">✓ held, in so many cases · ✗ broken · ? inconclusive · – not tested · empty: nothing of the risk applies</p>
<div class="scroll"><table class="matrix">
<thead><tr><th>Endpoint</th>${risks.map((risk) => html`<th scope="col">${risk}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ({
    operation,
    cells,
  }) => html`<tr><th scope="row"><code>${operation ?? 'the API as a whole'}</code></th>${cells.map(cellMarkup)}</tr>
`,
)}
</tbody>
</table></div>
</section>`
}

const cellMarkup = (cell: MatrixCell | null): Markup =>
  cell === null
    ? html`<td></td>`
    : html`<td class="${CLASS[cell.state]}" title="${cell.state}, ${counted(cell.count, 'case')}">${SIGN[cell.state]}${
        cell.state === 'not tested' ? '' : `\u00a0${cell.count}`
      }</td>`

/** Also part of the evidence. */
export function reasonsMarkup(title: string, outcome: Reason['outcome'], reasons: readonly Reason[]): Markup | null {
  const own = reasons.filter((reason) => reason.outcome === outcome)
  if (own.length === 0) return null
  return html`<section id="${outcome}">
<h2>${title}</h2>
<div class="scroll"><table>
<thead><tr><th>Why</th><th>What</th><th>Cases</th></tr></thead>
<tbody>
${own.map(
  ({
    why,
    attacks,
    operations,
    cases,
  }) => html`<tr><td>${why}</td><td class="small"><code>${attacks.join(', ')}</code>${
    operations.length === 0 ? null : html` on <code>${operations.join(', ')}</code>`
  }</td><td>${cases === 0 ? '' : cases}</td></tr>
`,
)}
</tbody>
</table></div>
</section>`
}

const notesMarkup = (notes: readonly string[]): Markup | null =>
  notes.length === 0
    ? null
    : html`<section id="notes">
<h2>What was inferred</h2>
<ul class="small">
${notes.map((note) => html`<li>${note}</li>`)}
</ul>
</section>`
