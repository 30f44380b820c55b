import type { Exchange } from '../engine/exchange.ts'
import type { Assessment, Judged } from './assessment.ts'
import { statusText } from './exchange-text.ts'
import { identitiesText, placeText } from './findings.ts'
import { html, type Markup } from './page.ts'
import { counted } from './risk-rows.ts'

/** Findings by cause, each place with its exchanges and the lines that repeat them. */
export function findingsMarkup({ groups, fixed, unseen }: Assessment): Markup {
  return html`<section id="findings">
<h2>Findings</h2>
${groups.length === 0 ? html`<p>No attack went through.</p>` : null}
${groups.map(({ severity, title, findings }) => {
  const { attack } = findings[0] as Judged
  return html`<article class="${severity}">
<p class="badges"><span class="badge ${severity}">${severity}</span><span class="badge none">${attack.risk}</span><span class="badge none">CWE-${attack.cwe}</span></p>
<h3>${title}</h3>
<p class="soft small">${counted(findings.length, 'place')}. Counts when: ${attack.oracle}</p>
${findings.map((finding, index) => findingMarkup(finding, index === 0))}
${[...new Set(findings.map((finding) => finding.attack.fix))].map((fix) => html`<p class="fix"><strong>Fix.</strong> ${fix}</p>`)}
<p class="soft small">${attack.references.join(' · ')}</p>
</article>
`
})}
${knownMarkup('Fixed', 'fixed', fixed)}
${knownMarkup('Known, and neither found nor shown to be mended this time', 'none', unseen)}
</section>`
}

const knownMarkup = (title: string, kind: string, entries: Assessment['fixed']): Markup | null =>
  entries.length === 0
    ? null
    : html`<h3>${title}</h3>
<ul>
${entries.map((entry) => html`<li><span class="${kind}">${entry.title}</span>: <code>${placeText(entry)}</code> <span class="soft small">${entry.id}</span></li>`)}
</ul>`

const findingMarkup = (finding: Judged, open: boolean): Markup => html`<details class="place"${open ? OPENED : null}>
<summary><code>${placeText(finding)}</code> <span class="badge ${finding.state === 'accepted' ? 'accepted' : 'broken'}">${finding.state}</span></summary>
<p>${finding.why}. <span class="soft">${identitiesText(finding)}</span></p>
${finding.note === null ? null : html`<p class="medium">${finding.note}</p>`}
${finding.acceptance === null ? null : html`<p class="soft">Accepted until ${finding.acceptance.until}: ${finding.acceptance.reason}</p>`}
${evidenceMarkup(finding.evidence)}
${finding.curl.length === 0 ? null : html`<p class="soft small">To repeat it:</p><pre>${finding.curl.join('\n')}</pre>`}
<p class="soft small">${finding.id}, first seen ${finding.firstSeen}</p>
</details>
`

const OPENED: Markup = { markup: ' open' }

/** Exchanges that stand open; those before them are folded. */
const TOLD = 3

function evidenceMarkup(evidence: readonly Exchange[]): Markup {
  const earlier = evidence.slice(0, -TOLD)
  const folded = html`<details><summary class="soft small">${counted(earlier.length, 'exchange')} before</summary>${earlier.map(exchangeMarkup)}</details>`
  return html`${earlier.length === 0 ? null : folded}${evidence.slice(-TOLD).map(exchangeMarkup)}`
}

function exchangeMarkup(exchange: Exchange): Markup {
  const { as, request, response, milliseconds } = exchange
  const headers = request.headers
    .filter(([name]) => name !== 'X-Turnpike-Run')
    .map(([name, value]) => `${name}: ${value}`)
  const received = Object.entries(response.headers)
    .filter(([name]) => TELLING.has(name))
    .map(([name, value]) => `${name}: ${value}`)
  const sent = [`${request.method} ${request.url}`, ...headers, ...bodyLines(request.body ?? '')]
  const answer = [statusText(exchange), ...received, ...bodyLines(response.body)]
  return html`<div class="exchange"><p class="small"><strong>${as}</strong> <span class="soft">sends, and is answered after ${milliseconds} ms</span></p>
<div class="two"><pre>${sent.join('\n')}</pre><pre>${answer.join('\n')}</pre></div></div>
`
}

/** Headers of an answer that say something of its security. */
const TELLING = new Set([
  'access-control-allow-credentials',
  'access-control-allow-origin',
  'allow',
  'cache-control',
  'content-security-policy',
  'content-type',
  'location',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'www-authenticate',
  'x-powered-by',
])

const MAX_BODY = 3000

function bodyLines(body: string): readonly string[] {
  if (body === '') return []
  const shown = pretty(body)
  return ['', shown.length > MAX_BODY ? `${shown.slice(0, MAX_BODY)}\n… (${shown.length} characters)` : shown]
}

function pretty(body: string): string {
  if (!/^\s*[{[]/.test(body)) return body
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
