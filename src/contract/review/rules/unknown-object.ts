import { type AccessData, leavesOf } from '../../access.ts'
import type { Rule } from '../finding.ts'

export const unknownObject: Rule = {
  id: 'unknown-object',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'error',
  title: 'A rule names objects that are there',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const names = endpoint.params.flatMap(({ name, resource }) => (resource ? [name] : []))
      for (const object of objectsOf(endpoint.access.data)) {
        if (!names.includes(object))
          yield {
            endpoint,
            message: `the access rule names "${object}", but the path has ${listed(names)}; it would deny everyone`,
            fix: `access: ${names[0] === undefined ? 'signedIn' : `owns('${names[0]}')`}`,
          }
      }
    }
    for (const resource of api.resources) {
      for (const object of [...objectsOf(resource.read.data), ...objectsOf(resource.refer.data)]) {
        if (object !== resource.name)
          yield {
            subject: `resource "${resource.name}"`,
            message: `its own rule names "${object}"`,
            fix: `read: owns('${resource.name}')`,
          }
      }
    }
  },
}

const objectsOf = (rule: AccessData): readonly string[] => [
  ...new Set(
    leavesOf(rule).flatMap((leaf) =>
      leaf.kind === 'owns' || leaf.kind === 'related' || leaf.kind === 'reads' ? [leaf.object] : [],
    ),
  ),
]
const listed = (names: readonly string[]): string =>
  names.length === 0 ? 'no object' : names.map((name) => `"${name}"`).join(', ')
