import { z } from 'zod'
import type { AnySchema, OutputOf } from './schema.ts'

/** Data that belongs to no owner. `why` is printed by `review`. */
export interface Plain<S extends AnySchema = AnySchema> {
  readonly kind: 'plain'
  readonly schema: S
  readonly why: string
}
export const plain = <S extends AnySchema>(schema: S, why: string): Plain<S> =>
  Object.freeze({ kind: 'plain', schema, why })

/** Bytes or text of one media type, from an async iterable or at once. Not projected: `why` says why that is safe. */
export interface Stream {
  readonly kind: 'stream'
  readonly mediaType: string
  readonly why: string
  /** A page for browsers: it may load styles and images of this very server, and nothing else. */
  readonly page: boolean
}
/** @throws {TypeError} For what is no media type. */
export function stream(mediaType: string, why: string, options: { readonly page?: boolean } = {}): Stream {
  if (!/^[a-z0-9.+-]+\/[a-z0-9.+-]+(?:; [a-z]+=[A-Za-z0-9.-]+)*$/.test(mediaType))
    throw new TypeError(`"${mediaType}" is no media type; write for example "text/csv; charset=utf-8"`)
  return Object.freeze({ kind: 'stream', mediaType, why, page: options.page ?? false })
}
export type StreamBody = string | Uint8Array | AsyncIterable<string | Uint8Array>

/** No body: as a reply 204, as a request body none is accepted. */
export interface Nothing {
  readonly kind: 'nothing'
}
export const nothing: Nothing = Object.freeze({ kind: 'nothing' })

/** A page of rows: `{ items, next }`; `next` is the cursor of the next page or null. */
export const page = <V extends z.ZodType>(
  view: V,
  maxItems = 100,
): z.ZodObject<{ items: z.ZodArray<V>; next: z.ZodNullable<z.ZodString> }, z.core.$strict> =>
  z.strictObject({ items: z.array(view).max(maxItems), next: z.string().max(200).nullable() })

/** The query of a paged list: `limit` from 1 to `maxItems` and `after`, the `next` of the page before (validated like any id). */
export const pageQuery = <C extends z.ZodType>(
  cursor: C,
  maxItems = 100,
): z.ZodObject<{ limit: z.ZodDefault<z.ZodInt>; after: z.ZodOptional<C> }, z.core.$strict> =>
  z.strictObject({ limit: z.int().min(1).max(maxItems).default(Math.min(20, maxItems)), after: cursor.optional() })

export type AnyReply = AnySchema | Plain | Stream | Nothing

export type Handled<Y> =
  Y extends Plain<infer S>
    ? OutputOf<S>
    : Y extends Stream
      ? StreamBody
      : Y extends Nothing
        ? // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing at all is what it is for.
          void | undefined
        : Y extends AnySchema
          ? OutputOf<Y>
          : never

/** The schema of a reply's body, or null for streams and empty ones. */
export function schemaOfReply(reply: AnyReply): AnySchema | null {
  if ('~standard' in reply) return reply
  return reply.kind === 'plain' ? reply.schema : null
}
