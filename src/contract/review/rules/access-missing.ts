import type { Access } from '../../access.ts'
import type { Endpoint } from '../../endpoint.ts'
import type { Rule } from '../finding.ts'

export const accessMissing: Rule = {
  id: 'access-missing',
  risk: 'API5',
  asvs: '8.2.1',
  severity: 'error',
  title: 'Every endpoint says who may call it',
  *check(api) {
    for (const endpoint of api.endpoints) {
      // The types refuse this; JavaScript does not.
      if ((endpoint.access as Access<string> | undefined) !== undefined) continue
      yield {
        endpoint,
        message: 'it has no access rule; nobody is let in by default',
        fix: fixOf(endpoint),
      }
    }
  },
}

/** A parameter that nobody declared may be an object: `signedIn` would give it to everybody. */
function fixOf({ params, segments }: Endpoint): string {
  const object = params.find(({ resource }) => resource !== null)
  if (object) return `access: owns('${object.name}')`
  const names = segments.flatMap((segment) => ('param' in segment ? [segment.param] : []))
  const undeclared = names.find((name) => params.every((param) => param.name !== name))
  return undeclared === undefined
    ? 'access: signedIn'
    : `params: { ${undeclared}: <resource> }, access: owns('${undeclared}')`
}
