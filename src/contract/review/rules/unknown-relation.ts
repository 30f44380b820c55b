import { leavesOf } from '../../access.ts'
import { resourcesIn } from '../../api.ts'
import { schemaOfReply } from '../../reply.ts'
import type { AnyResource } from '../../resource.ts'
import type { Rule } from '../finding.ts'

export const unknownRelation: Rule = {
  id: 'unknown-relation',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'A rule names relations that the resource declares',
  *check(api) {
    const wrong = (relation: string, resource: AnyResource) => ({
      message: `a rule names the relation "${relation}", which resource "${resource.name}" does not declare; it would deny everyone`,
      fix: `relations: { ${relation}: (rows, principal, context) => /* one verdict a row */ rows.map(() => false) }`,
    })
    for (const endpoint of api.endpoints) {
      for (const leaf of leavesOf(endpoint.access.data)) {
        const resource =
          leaf.kind === 'related' ? endpoint.params.find(({ name }) => name === leaf.object)?.resource : null
        if (leaf.kind === 'related' && resource && !Object.hasOwn(resource.relations, leaf.relation))
          yield { endpoint, ...wrong(leaf.relation, resource) }
      }
      for (const leaf of endpoint.each === null ? [] : leavesOf(endpoint.each.data)) {
        const resource =
          leaf.kind === 'related'
            ? resourcesIn(schemaOfReply(endpoint.reply), 'output').find(({ name }) => name === leaf.object)
            : null
        if (leaf.kind === 'related' && resource && !Object.hasOwn(resource.relations, leaf.relation))
          yield { endpoint, ...wrong(leaf.relation, resource) }
      }
    }
    for (const resource of api.resources) {
      for (const leaf of [...leavesOf(resource.read.data), ...leavesOf(resource.refer.data)]) {
        if (leaf.kind === 'related' && !Object.hasOwn(resource.relations, leaf.relation))
          yield { subject: `resource "${resource.name}"`, ...wrong(leaf.relation, resource) }
      }
    }
  },
}
