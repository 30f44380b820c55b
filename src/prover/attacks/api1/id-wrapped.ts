import type { Attack } from '../../attack.ts'
import { fillPath } from '../../plan/build-draft.ts'
import { withAt } from '../../pointer.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { type Material, mainReads, readsBy, type Trick, tryTricks } from './variants.ts'

/** An array, an object or a wildcard where one id is expected. */
export const idWrapped: Attack = {
  id: 'id-wrapped',
  number: 14,
  risk: 'API1',
  severity: 'high',
  cwe: 1287,
  title: 'An id in an array, an object or a wildcard gets past the check',
  references: ['OWASP API1:2023', 'ASVS 5.0 2.2.1', 'CWE-639'],
  maxRequests: 16 + PRIVACY_REQUESTS,
  oracle: "The id alone is refused; wrapped it shows the owner's canary.",
  fix: 'Ask for a string of the form of an id before anything else, and let check and query use that one value.',
  phase: 'normal',
  cases: (plan) => [...mainReads(plan), ...readsBy(plan, 'query', 'body')],
  run: (it, probe) => tryTricks(it, probe, wrapped),
}

function wrapped(material: Material): readonly Trick[] {
  const { reference, own, ownId, theirId, operation } = material
  const { name } = reference
  const how = (shape: string) => `asks with the id ${shape}`
  if (reference.in === 'body')
    return [
      { how: how('in an array'), value: [theirId] },
      { how: how('in an array after his own'), value: [ownId, theirId] },
      { how: how('in an object'), value: { id: theirId } },
      { how: how('as a query operator'), value: { $eq: theirId } },
      { how: how('as a wildcard'), value: '*' },
    ].map(({ how: told, value }) => ({ how: told, draft: { ...own, body: withAt(own.body, name, value) } }))
  if (reference.in === 'query') {
    const others = own.query.filter(([each]) => each !== name)
    const pairs = [
      [`${name}[]`, theirId],
      [`${name}[$eq]`, theirId],
      [`${name}[id]`, theirId],
      [name, `${ownId},${theirId}`],
      [name, '*'],
    ] as const
    return pairs.map((pair) => ({ how: how(`as ${pair.join('=')}`), draft: { ...own, query: [...others, pair] } }))
  }
  return [`${ownId},${theirId}`, '*', '%', `[${theirId}]`].map((id) => {
    const params = { ...own.params, [name]: id }
    return { how: how(`as ${id}`), draft: { ...own, params, path: fillPath(operation.path, params) } }
  })
}
