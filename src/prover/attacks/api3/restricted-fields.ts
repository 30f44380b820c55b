import type { JsonSchema } from '../../../contract/schema.ts'
import type { IdentityPlan, Operation, Plan, Resource } from '../../plan/plan.ts'
import { listIn, objectIn, replySchema } from '../../plan/reply-shape.ts'
import { isBarred } from './field-rules.ts'
import { propertiesOf } from './fields.ts'

/** A field of an object that not everybody who reads the object may read. */
export interface RestrictedField {
  readonly name: string
  /** Who says so. */
  readonly why: string
  /** @param owns - He owns the object. */
  isBarred(who: IdentityPlan, owns: boolean): boolean
  /** No reply shows it. */
  readonly isForNobody: boolean
  /** Id of the operation through which a permitted reader is shown it; null: the same. */
  readonly shownBy: string | null
}

/** By the contract's field rules; else by what the document says in words, or declares for admins alone. */
export function restrictedFields(plan: Plan, operation: Operation, resource: Resource): readonly RestrictedField[] {
  const { extension } = resource
  if (extension === null) return [...describedFields(operation, resource), ...adminFields(plan, operation, resource)]
  return Object.entries(extension.fields).flatMap(([name, { read }]): RestrictedField[] =>
    read === undefined
      ? []
      : [
          {
            name,
            why: 'x-turnpike',
            isBarred: (who, owns) => isBarred(read, who, owns),
            isForNobody: read === false,
            shownBy: null,
          },
        ],
  )
}

const isNoAdmin = ({ kind }: IdentityPlan): boolean => kind !== 'admin'

const IN_WORDS =
  /\b(?:admins?|administrators?|staff|moderators?|internal|support)\b[^.]{0,20}\bonly\b|\bonly\b[^.]{0,30}\b(?:admins?|administrators?|staff|moderators?|support)\b|\binternal use\b/i

/** `Visible to admins only.` in the description of a property, or `x-internal`. */
function describedFields(operation: Operation, resource: Resource): readonly RestrictedField[] {
  const properties = Object.entries(objectProperties(operation, resource))
  return properties.flatMap(([name, property]): RestrictedField[] =>
    (IN_WORDS.test(property.description ?? '') &&
      !/\b(set|changed?|writ\w+|edit\w*|updated?)\b/i.test(property.description ?? '')) ||
    property['x-internal'] === true
      ? [{ name, why: 'its description', isBarred: isNoAdmin, isForNobody: false, shownBy: null }]
      : [],
  )
}

/** What the replies of admins' operations declare of the same resource and the users' do not. */
function adminFields(plan: Plan, operation: Operation, resource: Resource): readonly RestrictedField[] {
  const own = objectProperties(operation, resource)
  if (Object.keys(own).length === 0) return []
  return plan.operations.flatMap((each): RestrictedField[] => {
    if (each.access !== 'admin' || each.leftOut || each.resource !== resource.name || each.method !== 'GET') return []
    const more = Object.keys(objectProperties(each, resource)).filter((name) => !Object.hasOwn(own, name))
    return more.map((name) => ({
      name,
      why: `declared for ${each.id} alone`,
      isBarred: isNoAdmin,
      isForNobody: false,
      shownBy: each.id,
    }))
  })
}

function objectProperties({ read, purpose }: Operation, { name }: Resource): Readonly<Record<string, JsonSchema>> {
  const schema = replySchema(read)
  if (schema === null) return {}
  const placed = purpose === 'list' ? listIn(schema) : objectIn(schema, name)
  return placed === null ? {} : propertiesOf(placed.schema)
}
