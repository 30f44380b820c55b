import type { JsonSchema } from '../../contract/schema.ts'
import { type Html, html } from './html.ts'

const COMPONENT = '#/components/schemas/'

/** The anchor of a named schema. */
export const schemaAnchor = (name: string): string => `schema-${name.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`

/** A schema: a table of its fields, or one line. */
export function schemaView(schema: JsonSchema, caption: string): Html {
  const list = listOf(schema)
  if (list) return html`<p>A list of at most ${list.most}, each:</p>${schemaView(list.item, caption)}`
  if (schema.properties === undefined) return html`<p>${typeView(schema)}</p>`
  const required = new Set(schema.required ?? [])
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Rules</th></tr></thead><tbody>
${Object.entries(schema.properties).map(([name, node]) => rowsOf(name, node, required.has(name), 0))}
</tbody></table></div>`
}

/** One field, and the fields inside it below. Named schemas are links, so that nothing is shown twice. */
function rowsOf(name: string, node: JsonSchema, required: boolean, depth: number): Html {
  const inner = node.properties ? node : node.items?.properties ? node.items : null
  const within =
    inner && depth < 4
      ? Object.entries(inner.properties ?? {}).map(([child, shape]) =>
          rowsOf(
            `${name}${node.items ? '[]' : ''}.${child}`,
            shape,
            inner.required?.includes(child) ?? false,
            depth + 1,
          ),
        )
      : []
  return html`<tr><th scope="row"><code>${name}</code>${required ? '' : html` <span class="faint">optional</span>`}</th><td>${typeView(node)}</td><td>${rulesOf(node).map((rule) => html`<span class="rule">${rule}</span> `)}${node.description ? html`<span class="note">${node.description}</span>` : ''}</td></tr>
${within}`
}

function typeView(node: JsonSchema): Html {
  if (node.$ref?.startsWith(COMPONENT)) {
    const name = node.$ref.slice(COMPONENT.length)
    return html`<a href="#${schemaAnchor(name)}">${name}</a>`
  }
  if (node.const !== undefined) return html`<code>${JSON.stringify(node.const)}</code>`
  if (node.enum)
    return html`${joined(
      node.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      ' or ',
    )}`
  const choices = node.anyOf ?? node.oneOf
  if (choices) return html`${joined(choices.map(typeView), ' or ')}`
  if (node.items) return html`list of ${typeView(node.items)}`
  const type = Array.isArray(node.type) ? node.type.join(' or ') : String(node.type ?? 'any')
  return html`${node.format ? `${type} (${node.format})` : type}`
}

function joined(parts: readonly Html[], between: string): readonly (Html | string)[] {
  return parts.flatMap((part, index) => (index === 0 ? [part] : [between, part]))
}

function listOf(schema: JsonSchema): { readonly item: JsonSchema; readonly most: string } | null {
  return schema.type === 'array' && schema.items
    ? { item: schema.items, most: String(schema.maxItems ?? 'any number') }
    : null
}

/** The bounds of a value, in words. */
export function rulesOf(node: JsonSchema): readonly string[] {
  const rules: string[] = []
  const between = (low: number | undefined, high: number | undefined, unit: string) => {
    if (low !== undefined && high !== undefined)
      rules.push(low === high ? `exactly ${low}${unit}` : `${low} to ${high}${unit}`)
    else if (low !== undefined) rules.push(`at least ${low}${unit}`)
    else if (high !== undefined) rules.push(`at most ${high}${unit}`)
  }
  between(node.minLength, node.maxLength, ' characters')
  between(node.minimum, node.maximum, '')
  between(node.minItems, node.maxItems, ' items')
  if (node.exclusiveMinimum !== undefined) rules.push(`above ${node.exclusiveMinimum}`)
  if (node.exclusiveMaximum !== undefined) rules.push(`below ${node.exclusiveMaximum}`)
  // The patterns of formats are long and say nothing more than the format.
  if (node.pattern !== undefined && node.format === undefined) rules.push(`matches ${node.pattern}`)
  if (node.default !== undefined) rules.push(`default ${JSON.stringify(node.default)}`)
  return rules
}
