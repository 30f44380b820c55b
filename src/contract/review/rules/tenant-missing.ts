import type { Rule } from '../finding.ts'

export const tenantMissing: Rule = {
  id: 'tenant-missing',
  risk: 'API1',
  asvs: '8.4.1',
  severity: 'warning',
  title: 'Where some objects have a tenant, all owned ones do',
  *check(api) {
    const walled = api.resources.find(({ tenant }) => tenant !== null)
    if (!walled) return
    for (const resource of api.resources) {
      if (resource.tenant !== null || resource.owner === null) continue
      yield {
        subject: `resource "${resource.name}"`,
        message: `it has no tenant, while "${walled.name}" has: nothing keeps it behind the wall`,
        fix: `tenant: '${walled.tenant}'`,
      }
    }
  },
}
