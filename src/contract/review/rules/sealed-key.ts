import type { Rule } from '../finding.ts'

export const sealedKey: Rule = {
  id: 'sealed-key',
  risk: 'API1',
  asvs: null,
  severity: 'error',
  title: 'Id, owner, tenant and parent fields are not sealed',
  *check(api) {
    for (const resource of api.resources) {
      for (const field of new Set([resource.id, resource.owner, resource.tenant, ...Object.values(resource.parents)])) {
        if (field !== null && resource.fields[field]?.seal)
          yield {
            subject: `resource "${resource.name}"`,
            message: `"${field}" is sealed, so that it cannot be compared with the caller; every check would deny`,
            fix: `${field}: {}`,
          }
      }
    }
  },
}
