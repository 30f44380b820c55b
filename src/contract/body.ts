import type { Nothing } from './reply.ts'
import type { AnySchema, OutputOf } from './schema.ts'

/** A file in the request body: bytes of a listed media type, whose first bytes match it, up to a size. File names never reach the handler. */
export interface Upload {
  readonly kind: 'upload'
  readonly types: readonly UploadType[]
  readonly maxBytes: number
}
export type UploadType = 'image/png' | 'image/jpeg' | 'application/pdf' | 'text/csv' | 'application/octet-stream'

/** @throws {RangeError} Without a type, or with a size that is not from 1 byte to 100 MB. */
export function upload(config: { readonly types: readonly UploadType[]; readonly maxBytes: number }): Upload {
  if (config.types.length === 0) throw new RangeError('upload: name at least one media type')
  if (!(Number.isInteger(config.maxBytes) && config.maxBytes >= 1 && config.maxBytes <= 100_000_000)) {
    throw new RangeError(`upload: maxBytes is ${config.maxBytes}; it must be a whole number from 1 to 100000000`)
  }
  return Object.freeze({ kind: 'upload', types: [...config.types], maxBytes: config.maxBytes })
}

/**
 * An inbound webhook (OWASP API10): JSON signed by its sender, recent, and taken once.
 * The signature is the hex HMAC-SHA256 of `<unix seconds>.<raw body>` in `signatureHeader`, its time in `timestampHeader`.
 */
export interface SignedBody<S extends AnySchema = AnySchema> {
  readonly kind: 'signed'
  readonly schema: S
  /** Name of the secret in the gate's settings (`webhookSecrets`). */
  readonly sender: string
  readonly signatureHeader: string
  readonly timestampHeader: string
  readonly toleranceSeconds: number
}
export function signedBy<S extends AnySchema>(
  sender: string,
  schema: S,
  options: {
    readonly signatureHeader?: string
    readonly timestampHeader?: string
    readonly toleranceSeconds?: number
  } = {},
): SignedBody<S> {
  const toleranceSeconds = options.toleranceSeconds ?? 300
  if (!(toleranceSeconds >= 1 && toleranceSeconds <= 3600))
    throw new RangeError(`signedBy: toleranceSeconds is ${toleranceSeconds}; it must be from 1 to 3600`)
  return Object.freeze({
    kind: 'signed',
    schema,
    sender,
    signatureHeader: (options.signatureHeader ?? 'x-signature').toLowerCase(),
    timestampHeader: (options.timestampHeader ?? 'x-timestamp').toLowerCase(),
    toleranceSeconds,
  })
}

export interface UploadedFile {
  readonly mediaType: UploadType
  readonly bytes: Uint8Array
}

export type AnyBody = AnySchema | Upload | SignedBody | Nothing

export type BodyInput<B> =
  B extends SignedBody<infer S>
    ? OutputOf<S>
    : B extends Upload
      ? UploadedFile
      : B extends Nothing
        ? undefined
        : B extends AnySchema
          ? OutputOf<B>
          : undefined

/** The schema of a JSON body, or null. */
export function schemaOfBody(body: AnyBody | null): AnySchema | null {
  if (body === null) return null
  if ('~standard' in body) return body
  return body.kind === 'signed' ? body.schema : null
}
