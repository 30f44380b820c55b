import { z } from 'zod'
import type { XTurnpikeDocument } from '../openapi/extension.ts'
import { readExtension, xName, xRule } from './x-rule.ts'

const grant = z.union([z.literal(false), xRule])
const field = z.strictObject({
  read: grant.optional(),
  write: grant.optional(),
  mask: z.enum(['card', 'email', 'phone', 'last4', 'custom']).optional(),
  seal: z.literal(true).optional(),
})
const resource = z.strictObject({
  id: xName,
  owner: xName.nullable(),
  tenant: xName.nullable(),
  read: xRule.optional(),
  refer: xRule.optional(),
  relations: z.array(xName).default([]),
  parents: z.record(z.string(), xName).default({}),
  fields: z.record(z.string(), field).default({}),
})
const document = z
  .strictObject({ version: z.literal(1), resources: z.record(xName, resource) })
  .transform(({ version, resources }) => ({
    version,
    resources: Object.fromEntries(
      Object.entries(resources).map(([name, { read = { owns: name }, refer = read, ...rest }]) => [
        name,
        { ...rest, read, refer },
      ]),
    ),
  }))

/** Reads `x-turnpike` of a document by the published schema (version 1). What is left out is its default: the owner reads. */
export function readDocumentExtension(given: unknown): {
  readonly extension: XTurnpikeDocument | null
  readonly fault: string | null
} {
  const { value, fault } = readExtension(document, given)
  return { extension: value as XTurnpikeDocument | null, fault }
}
