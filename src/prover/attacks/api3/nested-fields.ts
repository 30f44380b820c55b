import type { Resource } from '../../plan/plan.ts'
import { type Field, field, guess, kindOf, offeredNames, propertiesOf, requestSchemas } from './fields.ts'
import { massAssignment } from './mass-assignment.ts'
import type { Shown } from './shown-object.ts'
import type { Writer } from './writer.ts'

export const nestedFields = massAssignment({
  id: 'nested-fields',
  number: 59,
  severity: 'high',
  title: 'A field that is refused at the top is taken from a nested copy',
  fix: 'Close nested schemas as the outer one, and let no wrapper (`data`, `user`) be merged beside the validated fields.',
  phase: 'exhausting',
  kinds: ['register', 'create', 'update'],
  fields: (unoffered, { writer, shown }) => [...inside(writer, shown), ...wrapped(unoffered, writer.resource)],
  none: 'its body may hold anything by intention',
})

const SENSITIVE = ['privilege', 'owner', 'state']

/** What nested objects show and the request does not offer there. */
function inside({ operation, resource, owner }: Writer, shown: Shown): readonly Field[] {
  const offered = offeredNames(operation, resource, owner.plan)
  const requests = requestSchemas(operation).map((schema) => propertiesOf(schema))
  return Object.entries(shown).flatMap(([parent, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
    const below = requests.flatMap((each) => (each[parent] ? [propertiesOf(each[parent])] : []))
    // An object that may hold anything is the caller's own.
    if (offered.has(parent) && below.every((each) => Object.keys(each).length === 0)) return []
    return Object.entries(value).flatMap(([name, current]): Field[] => {
      const kind = kindOf(name, null)
      const declared = below.find((each) => Object.hasOwn(each, name))?.[name]
      if (!SENSITIVE.includes(kind) || typeof current === 'object' || (declared && declared.readOnly !== true))
        return []
      return [
        field({
          at: `/${parent}/${name}`,
          name,
          schema: declared ?? null,
          known: true,
          readOnly: declared !== undefined,
          kind,
        }),
      ]
    })
  })
}

/** The same fields in the wrappers that frameworks unpack. */
function wrapped(unoffered: readonly Field[], resource: Resource | null): readonly Field[] {
  const target = unoffered.find(({ kind }) => kind === 'privilege' || kind === 'state') ?? guess('role', 'privilege')
  const wrappers = ['data', 'attributes', ...(resource ? [resource.name] : [])]
  return wrappers.map((wrapper) => ({ ...target, at: `/${wrapper}${target.at}` }))
}
