import { z } from 'zod'
import type { XRule } from '../openapi/extension.ts'
import { readExtension, xName, xRate, xRule } from './x-rule.ts'

/** `x-turnpike` of an operation as it was read; what it leaves out is null or empty. */
export interface XOperation {
  readonly access: XRule
  readonly each: XRule | null
  /** The scope with which API keys may call; null: they may not. */
  readonly clients: string | null
  readonly limit: {
    /** `100/minute`. */
    readonly rate: string
    readonly by: readonly { readonly from: 'body' | 'query'; readonly name: string; readonly rate: string }[]
    readonly cost: number | null
    readonly maxBytes: number | null
    readonly timeoutSeconds: number | null
    readonly concurrency: number | null
  }
  readonly params: Readonly<Record<string, { readonly resource: string | null; readonly within: string | null }>>
  /** A reply that is nobody's object, and why. */
  readonly reply: { readonly kind: string; readonly why: string } | null
  readonly signed: {
    readonly sender: string
    readonly signatureHeader: string
    readonly timestampHeader: string
    readonly toleranceSeconds: number
  } | null
  readonly flow: {
    readonly once: boolean
    readonly perPrincipal: string | null
    readonly stepUp: XRule | null
    readonly after: string | null
    readonly minimumSeconds: number
  } | null
  readonly idempotency: 'none' | 'accepted' | 'required'
  readonly outbound: unknown
  /** ISO 8601 instants. */
  readonly deprecated: string | null
  readonly sunset: string | null
}

/** What may be left out is null then. */
const orNull = <T>(schema: z.ZodType<T>) => schema.optional().transform((it) => it ?? null)
const count = z.int().min(1)
const instant = z.iso.datetime({ offset: true })
const by = z.union([
  z
    .strictObject({ body: xName, rate: xRate })
    .transform((it) => ({ from: 'body' as const, name: it.body, rate: it.rate })),
  z
    .strictObject({ query: xName, rate: xRate })
    .transform((it) => ({ from: 'query' as const, name: it.query, rate: it.rate })),
])
const limit = z.strictObject({
  rate: xRate,
  by: z.array(by).default([]),
  cost: orNull(count),
  maxBytes: orNull(count),
  timeoutSeconds: orNull(z.number().positive()),
  concurrency: orNull(count),
})
const signed = z.strictObject({
  sender: z.string(),
  signatureHeader: z.string(),
  timestampHeader: z.string(),
  toleranceSeconds: count,
})
const flow = z.strictObject({
  once: z
    .literal(true)
    .optional()
    .transform((it) => it ?? false),
  perPrincipal: orNull(xRate),
  stepUp: orNull(xRule),
  after: orNull(z.string().regex(/^[A-Z]+ \//)),
  minimumSeconds: z
    .number()
    .positive()
    .optional()
    .transform((it) => it ?? 0),
})
const reply = z
  .strictObject({ plain: z.string().optional(), stream: z.string().optional() })
  .transform(({ plain, stream }) => {
    if (plain !== undefined) return { kind: 'plain', why: plain }
    return stream === undefined ? null : { kind: 'stream', why: stream }
  })

const operation = z.strictObject({
  access: xRule,
  each: orNull(xRule),
  clients: orNull(xName),
  limit,
  params: z.record(z.string(), z.strictObject({ resource: orNull(xName), within: orNull(xName) })).default({}),
  reply: orNull(reply),
  signed: orNull(signed),
  flow: orNull(flow),
  idempotency: z
    .enum(['required', 'accepted'])
    .optional()
    .transform((it) => it ?? ('none' as const)),
  outbound: orNull(z.union([z.literal('public'), z.array(z.string())])),
  deprecated: orNull(instant),
  sunset: orNull(instant),
})

/** Reads `x-turnpike` of an operation by the published schema (version 1); `fault` says where it differs and how. */
export function readOperationExtension(given: unknown): {
  readonly extension: XOperation | null
  readonly fault: string | null
} {
  const { value, fault } = readExtension<XOperation>(operation, given)
  return { extension: value, fault }
}
