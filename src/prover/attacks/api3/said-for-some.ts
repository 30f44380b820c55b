import type { JsonSchema } from '../../../contract/schema.ts'
import type { Plan } from '../../plan/plan.ts'

const FOR_SOME =
  /\b(?:only|just) (?:for|to|visible to|shown to|seen by|known to) (?:the |its |their |an? )?[a-z]+|\bvisible (?:only )?to (?:the |its )?(?:owner|seller|author|creator|holder|admins?|staff)|\bnot (?:public|shown|visible)\b|\bconfidential\b|\bprivate\b|\bsecret\b/i

/** Whether the document describes a property of this name, wherever it stands, as one that not everybody is shown. */
export function isSaidToBeForSome({ operations }: Plan, pointer: string): boolean {
  const name = pointer.split('/').at(-1) ?? ''
  return operations.some(({ read }) =>
    [...(read.body?.content ?? []), ...read.responses.flatMap(({ content }) => content)].some(({ schema }) =>
      described(schema, name, 0),
    ),
  )
}

function described(schema: JsonSchema, name: string, depth: number): boolean {
  if (depth > 6) return false
  const own = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined
  if (own !== undefined && FOR_SOME.test(own.description ?? '')) return true
  const below = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ]
  return below.some((each) => described(each, name, depth + 1))
}
