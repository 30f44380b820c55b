import type { JsonSchema } from '../../schema.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { inputPlaces, several } from './places-of.ts'
import { wordsOf } from './words-of.ts'

const URL_WORDS = new Set('url uri callback webhook redirect endpoint'.split(' '))

export const outboundBounds: ForeignRule = {
  id: 'outbound-bounds',
  risk: 'API7',
  asvs: '13.2.4',
  severity: 'warning',
  title: 'Where a caller names an address, the document says which hosts, how much and how long',
  *check({ operations }) {
    for (const operation of operations) {
      if (operation.extension?.outbound) continue
      const found = inputPlaces(operation).filter(({ name, node }) => isAddress(name, node) && !isBound(node))
      if (found.length > 0)
        yield {
          operation,
          message: `the server may call, or send browsers to, what ${several(found.map(({ place }) => place))} names; no host, size or time is bound`,
          fix: 'pattern: ^https://hooks\\.example\\.com/, or x-turnpike: { outbound: [https://hooks.example.com] }',
        }
    }
  },
}

function isAddress(name: string | null, node: JsonSchema): boolean {
  if (![node.type ?? 'string'].flat().includes('string') || node.properties !== undefined || node.items !== undefined)
    return false
  if (node.format === 'uri' || node.format === 'url' || node.format === 'iri') return true
  if (name === null || !(node.format === undefined || node.format.startsWith('uri'))) return false
  const words = wordsOf(name)
  return words.some((word) => URL_WORDS.has(word)) && !['id', 'count', 'name', 'secret'].includes(words.at(-1) ?? '')
}

const isBound = ({ enum: values, const: value, pattern }: JsonSchema): boolean =>
  values !== undefined || value !== undefined || (pattern !== undefined && /^\^https?:/.test(pattern))
