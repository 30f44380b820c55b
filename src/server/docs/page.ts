import { type Api, api as apiOf } from '../../contract/api.ts'
import type { Endpoint } from '../../contract/endpoint.ts'
import { type OpenApiDocument, toOpenApi } from '../../contract/to-openapi.ts'
import { endpointAnchor, endpointView } from './endpoint-view.ts'
import { type Html, html } from './html.ts'
import { schemaAnchor, schemaView } from './schema-view.ts'

/**
 * The documentation of an API as one page: no script, no inline style, nothing from another host.
 * @param builtIn - The server's own endpoints, shown in a group of their own.
 */
export function docsPage(api: Api, builtIn: readonly Endpoint[]): string {
  const all = apiOf({ title: api.title, version: api.version, endpoints: [...api.endpoints, ...builtIn] })
  const document = toOpenApi(all)
  const groups = groupsOf(all.endpoints)
  const schemas = Object.keys(document.components.schemas)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${api.title} ${api.version}: documentation</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header><h1>${api.title} <span class="version">${api.version}</span></h1>${api.description === '' ? '' : html`<p>${api.description}</p>`}
<p>${all.endpoints.length} endpoints. What is not listed here is not served.${api.publicDocs ? html` The same as <a href="/openapi.json">OpenAPI 3.1</a>.` : ''}</p></header>
<nav aria-label="Contents">${contentsView(groups, schemas)}</nav>
<main id="content" tabindex="-1">
${groups.map(([name, endpoints]) => groupView(name, endpoints, document))}
<section aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${schemas.map((name) => html`<article id="${schemaAnchor(name)}" aria-labelledby="${schemaAnchor(name)}-title"><h3 id="${schemaAnchor(name)}-title">${name}</h3>${schemaView(document.components.schemas[name] ?? {}, `Fields of ${name}`)}</article>`)}
</section>
</main>
<footer><p>Made from the contract that the server enforces.</p></footer>
</body>
</html>
`.text
}

type Group = readonly [name: string, endpoints: readonly Endpoint[]]

/** By first tag, otherwise by resource, otherwise by the first word of the path that is no version and no prefix. */
function groupsOf(endpoints: readonly Endpoint[]): readonly Group[] {
  const groups = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) {
    const name = groupOf(endpoint)
    groups.set(name, [...(groups.get(name) ?? []), endpoint])
  }
  return [...groups]
}

function groupOf({ tags, segments }: Endpoint): string {
  if (tags[0] !== undefined) return tags[0]
  const words = segments.flatMap((segment) => ('literal' in segment ? [segment.literal] : []))
  return words.find((word) => word !== 'api' && !/^v\d+$/.test(word)) ?? 'api'
}

const groupAnchor = (name: string): string => `group-${name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`

function contentsView(groups: readonly Group[], schemas: readonly string[]): Html {
  return html`<ul>
${groups.map(
  ([name, endpoints]) => html`<li><a class="group" href="#${groupAnchor(name)}">${name}</a><ul>
${endpoints.map(
  (
    endpoint,
  ) => html`<li><a href="#${endpointAnchor(endpoint)}"><span class="method ${endpoint.method.toLowerCase()}">${endpoint.method}</span> ${endpoint.path}</a></li>
`,
)}</ul></li>
`,
)}<li><a class="group" href="#schemas">Schemas</a><ul>
${schemas.map(
  (name) => html`<li><a href="#${schemaAnchor(name)}">${name}</a></li>
`,
)}</ul></li></ul>`
}

function groupView(name: string, endpoints: readonly Endpoint[], document: OpenApiDocument): Html {
  const anchor = groupAnchor(name)
  return html`<section aria-labelledby="${anchor}"><h2 id="${anchor}">${name}</h2>
${endpoints.map((endpoint) => {
  const operation =
    document.paths[endpoint.path.replaceAll(/:([A-Za-z0-9]+)/g, '{$1}')]?.[endpoint.method.toLowerCase()]
  return operation ? endpointView(endpoint, operation) : html``
})}
</section>`
}
