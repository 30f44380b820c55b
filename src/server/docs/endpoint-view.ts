import { REFUSALS } from '../../base/refusal.ts'
import { describeAccess } from '../../contract/access.ts'
import { isOpen } from '../../contract/api.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { formatRate } from '../../contract/limit.ts'
import { refusalsOf } from '../../contract/openapi/problems.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import type { OpenApiOperation } from '../../contract/to-openapi.ts'
import { type Html, html } from './html.ts'
import { schemaView } from './schema-view.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: JsonSchema
}
type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>

/** The anchor of an endpoint: `get-v1-invoices-_invoice`. */
export function endpointAnchor({ method, segments }: Endpoint): string {
  return [
    method.toLowerCase(),
    ...segments.map((segment) => ('param' in segment ? `_${segment.param}` : segment.literal)),
  ].join('-')
}

/** Everything that holds for one endpoint: who may, how often, what goes in, what comes out, how it refuses. */
export function endpointView(endpoint: Endpoint, operation: OpenApiOperation): Html {
  const parameters = (operation.parameters ?? []) as readonly Parameter[]
  const body = (operation.requestBody as { readonly content?: Content } | undefined)?.content ?? {}
  const anchor = endpointAnchor(endpoint)
  return html`<article id="${anchor}" aria-labelledby="${anchor}-title" class="endpoint">
<h3 id="${anchor}-title"><span class="method ${endpoint.method.toLowerCase()}">${endpoint.method}</span> <code>${endpoint.path}</code></h3>
<p class="summary">${endpoint.summary}</p>
${endpoint.description === '' ? '' : html`<p>${endpoint.description}</p>`}
<dl>${factsOf(endpoint).map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
${parameters.length === 0 ? '' : html`<h4>Parameters</h4>${parametersView(parameters)}`}
${contentView('Body', body, `Body of ${endpoint.id}`)}
<h4>Reply <span class="status">${endpoint.status}</span></h4>${replyView(endpoint, operation)}
<details><summary>Problems</summary>${problemsView(endpoint)}</details>
</article>`
}

function factsOf(endpoint: Endpoint): readonly (readonly [string, string | Html])[] {
  const { limit, lifecycle, clients, idempotency, outbound } = endpoint
  const facts: (readonly [string, string | Html])[] = [['Who may', describeAccess(endpoint.access.data)]]
  if (!isOpen(endpoint))
    facts.push(['API keys', clients === null ? 'no' : html`with the scope <code>${clients}</code>`])
  const by = limit.by.map((each) => `, ${formatRate(each)} for each ${each.key.name}`).join('')
  facts.push([
    'Limit',
    `${formatRate(limit.rate)} for each ${isOpen(endpoint) ? 'address' : 'caller'}${by}${limit.cost === 1 ? '' : `; one call counts ${limit.cost}`}`,
  ])
  facts.push(['Bounds', boundsOf(endpoint)])
  if (idempotency !== 'none') facts.push(['Idempotency-Key', idempotency])
  for (const fact of flowFacts(endpoint)) facts.push(fact)
  if (lifecycle.deprecated)
    facts.push([
      'Deprecated',
      `since ${lifecycle.deprecated.toISOString().slice(0, 10)}${lifecycle.sunset ? `; gone from ${lifecycle.sunset.toISOString().slice(0, 10)} on` : ''}`,
    ])
  if (outbound !== null)
    facts.push(['Calls', outbound === 'public' ? 'a public address that the caller names' : outbound.join(', ')])
  return facts
}

function boundsOf({ limit, body }: Endpoint): string {
  const bytes = body !== null && 'kind' in body && body.kind === 'upload' ? body.maxBytes : limit.maxBytes
  const takesBody = body !== null && !('kind' in body && body.kind === 'nothing')
  return `${takesBody ? `body up to ${bytes.toLocaleString('en')} bytes, ` : ''}answer within ${limit.timeoutMilliseconds / 1000} s`
}

function flowFacts({ flow }: Endpoint): readonly (readonly [string, string])[] {
  if (flow === null) return []
  const parts = [
    flow.once ? 'succeeds once' : '',
    flow.perPrincipal === null ? '' : `${formatRate(flow.perPrincipal)} for each caller`,
    flow.stepUp === null ? '' : `needs ${describeAccess(flow.stepUp.data)}`,
    flow.after === null ? '' : `after ${flow.after}`,
    flow.minimumSeconds === 0 ? '' : `not sooner than ${flow.minimumSeconds} s after it`,
  ]
  return [['Flow', parts.filter((part) => part !== '').join('; ')]]
}

/** Parameters are shown as the fields of one schema. */
function parametersView(parameters: readonly Parameter[]): Html {
  const properties = Object.fromEntries(
    parameters.map(({ name, in: place, description, schema }) => [
      name,
      { ...schema, description: `In the ${place}.${description ? ` ${description}` : ''}` },
    ]),
  )
  const required = parameters.filter((parameter) => parameter.required).map(({ name }) => name)
  return schemaView({ type: 'object', properties, required }, 'Parameters')
}

function contentView(title: string, content: Content, caption: string): Html {
  const types = Object.entries(content)
  if (types.length === 0) return html``
  return html`<h4>${title}</h4>${types.map(([type, { schema }]) => html`<p class="faint"><code>${type}</code></p>${schemaView(schema, caption)}`)}`
}

function replyView(endpoint: Endpoint, operation: OpenApiOperation): Html {
  const reply = operation.responses[String(endpoint.status)] as {
    readonly description: string
    readonly content?: Content
  }
  const types = Object.entries(reply.content ?? {})
  return html`<p>${reply.description}</p>${types.map(([type, { schema }]) => html`<p class="faint"><code>${type}</code></p>${schemaView(schema, `Reply of ${endpoint.id}`)}`)}`
}

function problemsView(endpoint: Endpoint): Html {
  return html`<ul class="problems">${[...refusalsOf(endpoint)].map(([status, codes]) => html`<li><span class="status">${status}</span> ${codes.map((code) => html`<code title="${REFUSALS[code].title}">${code}</code> `)}</li>`)}</ul>`
}
