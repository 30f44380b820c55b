import { z } from 'zod'
import { type AccessData, isPublic } from '../../access.ts'

/** What an operation's `x-turnpike` says, as far as the review of a document needs it. */
export interface OperationFacts {
  readonly access: AccessData
  /** Path parameters that are declared: the resource each one names, null for what is no object. */
  readonly params: Readonly<Record<string, { readonly resource: string | null; readonly within: string | null }>>
}

const name = z.string().min(1).max(100)
const count = z.int().min(1)
const rate = z.string().regex(/^[1-9][0-9]{0,8}\/(second|minute|hour|day)$/)
// What the published schema calls a rule, read into what a contract holds.
const rule: z.ZodType<AccessData> = z.lazy(() =>
  z.union([
    z.strictObject({ anyone: z.string().min(1) }).transform((it) => ({ kind: 'anyone' as const, why: it.anyone })),
    z.strictObject({ signedIn: z.literal(true) }).transform(() => ({ kind: 'signedIn' as const })),
    z.strictObject({ scope: name }).transform((it) => ({ kind: 'scope' as const, ...it })),
    z.strictObject({ role: name }).transform((it) => ({ kind: 'role' as const, ...it })),
    z.strictObject({ owns: name }).transform((it) => ({ kind: 'owns' as const, object: it.owns })),
    z.strictObject({ reads: name }).transform((it) => ({ kind: 'reads' as const, object: it.reads })),
    z
      .strictObject({ related: z.strictObject({ relation: name, object: name }) })
      .transform((it) => ({ kind: 'related' as const, ...it.related })),
    z.strictObject({ freshSeconds: count }).transform((it) => ({ kind: 'fresh' as const, seconds: it.freshSeconds })),
    z.strictObject({ factors: count }).transform((it) => ({ kind: 'factors' as const, count: it.factors })),
    z
      .strictObject({ rule: z.string().min(1) })
      .transform((it) => ({ kind: 'rule' as const, name: it.rule, check: () => false })),
    z.strictObject({ any: z.array(rule).min(1) }).transform((it) => ({ kind: 'any' as const, of: it.any })),
    z.strictObject({ all: z.array(rule).min(1) }).transform((it) => ({ kind: 'all' as const, of: it.all })),
  ]),
)
const param = z.strictObject({ resource: name.optional(), within: name.optional() })
const operation = z.looseObject({
  access: rule,
  limit: z.looseObject({ rate }),
  params: z.record(z.string(), param).default({}),
})

/** Reads `access`, `limit` and `params`; the rest of the extension says nothing that a document's review asks. */
export function readOperationExtension(given: unknown): {
  readonly extension: OperationFacts | null
  readonly extensionFault: string | null
} {
  if (given === undefined) return { extension: null, extensionFault: null }
  const { success, data, error } = operation.safeParse(given)
  if (!success) {
    const [issue] = error.issues
    return { extension: null, extensionFault: ['x-turnpike', ...(issue?.path ?? [])].join('/') }
  }
  const params = Object.entries(data.params).map(([key, { resource = null, within = null }]) => [
    key,
    { resource, within },
  ])
  return { extension: { access: data.access, params: Object.fromEntries(params) }, extensionFault: null }
}

const documented = z.looseObject({ resources: z.record(z.string(), z.looseObject({ read: z.unknown() })) })

/** Names of the resources whose `read` rule lets everybody in. */
export function openResources(given: unknown): readonly string[] {
  const { data } = documented.safeParse(given)
  return Object.entries(data?.resources ?? {}).flatMap(([key, resource]) => {
    const read = rule.safeParse(resource.read)
    return read.success && isPublic(read.data) ? [key] : []
  })
}
