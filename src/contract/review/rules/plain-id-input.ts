import { isPublic } from '../../access.ts'
import { needsAuthority } from '../covers.ts'
import { inputsOf, isOfResource, placedNodes } from '../endpoint-schemas.ts'
import type { Rule } from '../finding.ts'

export const plainIdInput: Rule = {
  id: 'plain-id-input',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'An id in a body or query is a reference, loaded and authorized like one in the path',
  *check(api) {
    for (const endpoint of api.endpoints) {
      if (isPublic(endpoint.access.data) || needsAuthority(endpoint.access.data)) continue
      for (const { at, place, name, node } of placedNodes(inputsOf(endpoint))) {
        if (place.startsWith('params.') || isOfResource(node) || (node.type !== 'string' && node.type !== 'integer'))
          continue
        const named = /^(.*?)_?I[dD]s?$/.exec(name)?.[1]?.toLowerCase()
        const known = api.resources.find((each) => each.name.toLowerCase() === named)
        if (!known && named === undefined && !(node.format === 'uuid' && !CURSORS.has(name))) continue
        const held = known
          ? `it names any ${known.name}, the caller's or not`
          : 'it looks like the id of an object that nobody authorizes'
        yield {
          endpoint,
          severity: known ? 'error' : 'warning',
          message: `${at}: ${held}`,
          fix: `${name}: ${known ? known.name : '<resource>'}s.ref`,
        }
      }
    }
  },
}

/** Positions in a list, not objects; a key that the client makes up. */
const CURSORS = new Set(['after', 'before', 'cursor', 'next', 'nonce'])
