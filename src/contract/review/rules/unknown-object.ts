import { type AccessData, leavesOf } from '../../access.ts'
import type { Api } from '../../api.ts'
import type { Endpoint } from '../../endpoint.ts'
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
            message: `the access rule names "${object}", but ${found(endpoint, object, names)}; it would deny everyone`,
            fix: fixOf(api, endpoint, object, names),
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

const isInPath = ({ segments }: Endpoint, name: string): boolean =>
  segments.some((segment) => 'param' in segment && segment.param === name)

const found = (endpoint: Endpoint, object: string, names: readonly string[]): string =>
  isInPath(endpoint, object) ? `no resource is declared for ":${object}"` : `the path has ${listed(names)}`

/** The rule is kept as strict as it was meant: what is missing is the object, not a weaker rule. */
function fixOf(api: Api, endpoint: Endpoint, object: string, names: readonly string[]): string {
  const known = api.resources.some(({ name }) => name === object)
  const params = `params: { ${object}: ${known ? `${object}s` : '<resource>'} }`
  if (isInPath(endpoint, object)) return params
  return names[0] === undefined ? `'${endpoint.id}/:${object}', ${params}` : `access: owns('${names[0]}')`
}
