import { z } from 'zod'
import type { XRule } from '../openapi/extension.ts'

export const xName = z.string().min(1).max(100)
export const xRate = z.string().regex(/^[1-9][0-9]{0,8}\/(second|minute|hour|day)$/)

const count = z.int().min(1)

/** An access rule as `#/$defs/rule` of the published schema has it: an object with one key. */
export const xRule: z.ZodType<XRule> = z.lazy(() =>
  z.union([
    z.strictObject({ anyone: z.string().min(1) }),
    z.strictObject({ signedIn: z.literal(true) }),
    z.strictObject({ scope: xName }),
    z.strictObject({ role: xName }),
    z.strictObject({ owns: xName }),
    z.strictObject({ related: z.strictObject({ relation: xName, object: xName }) }),
    z.strictObject({ reads: xName }),
    z.strictObject({ freshSeconds: count }),
    z.strictObject({ factors: count }),
    z.strictObject({ rule: z.string().min(1) }),
    z.strictObject({ any: z.array(xRule).min(1) }),
    z.strictObject({ all: z.array(xRule).min(1) }),
  ]),
)

/** Reads a part of `x-turnpike`; what nests without end is a fault like any other. */
export function readExtension<T>(
  schema: z.ZodType<T>,
  given: unknown,
): { readonly value: T | null; readonly fault: string | null } {
  if (given === undefined) return { value: null, fault: null }
  try {
    const { data, error } = schema.safeParse(given)
    if (!error) return { value: data as T, fault: null }
    const [issue] = error.issues
    return { value: null, fault: `${['x-turnpike', ...(issue?.path ?? [])].join('/')}: ${issue?.message ?? ''}` }
  } catch (error) {
    if (error instanceof RangeError) return { value: null, fault: 'x-turnpike: it nests too deep' }
    throw error
  }
}
