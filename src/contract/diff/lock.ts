import { z } from 'zod'
import { xRule } from '../from-openapi/x-rule.ts'
import type { Acknowledgements } from './acknowledge.ts'
import { formatStable } from './format-stable.ts'
import type { ContractOutline } from './outline.ts'

/** A contract as it was agreed on, and the loosenings that are acknowledged for a while. */
export interface Lock {
  readonly turnpikeLock: 1
  readonly contract: ContractOutline
  readonly acknowledged: Acknowledgements
}

const text = z.string()
const texts = z.array(text)
const textOrNull = text.nullable().default(null)
const numberOrNull = z.number().nullable().default(null)
const ruleOrNull = xRule.nullable().default(null)
const grant = z.union([z.literal(false), xRule])
const bound = z.number().exactOptional()

const shapes = z
  .record(
    text,
    z.strictObject({
      types: texts.exactOptional(),
      required: z.literal(true).exactOptional(),
      open: z.enum(['any', 'typed']).exactOptional(),
      ref: text.exactOptional(),
      enum: z.array(z.unknown()).exactOptional(),
      pattern: text.exactOptional(),
      format: text.exactOptional(),
      minLength: bound,
      maxLength: bound,
      minimum: bound,
      maximum: bound,
      exclusiveMinimum: bound,
      exclusiveMaximum: bound,
      multipleOf: bound,
      minItems: bound,
      maxItems: bound,
      minProperties: bound,
      maxProperties: bound,
      other: text.exactOptional(),
      cut: z.literal(true).exactOptional(),
    }),
  )
  .default({})

const scheme = z.strictObject({
  type: z.enum(['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS', 'unknown']),
  scheme: textOrNull,
  in: z.enum(['header', 'query', 'cookie']).nullable().default(null),
  name: textOrNull,
  bearerFormat: textOrNull,
  flows: z
    .record(
      text,
      z.strictObject({
        tokenUrl: textOrNull,
        authorizationUrl: textOrNull,
        refreshUrl: textOrNull,
        scopes: texts.default([]),
      }),
    )
    .default({}),
})

const resource = z.strictObject({
  id: text,
  owner: textOrNull,
  tenant: textOrNull,
  read: xRule,
  refer: xRule,
  relations: texts.default([]),
  parents: z.record(text, text).default({}),
  fields: z
    .record(
      text,
      z.strictObject({
        read: grant.exactOptional(),
        write: grant.exactOptional(),
        mask: text.exactOptional(),
        seal: z.literal(true).exactOptional(),
      }),
    )
    .default({}),
})

const operationContract = z.strictObject({
  access: xRule,
  each: ruleOrNull,
  clients: textOrNull,
  limit: z.strictObject({
    rate: text,
    by: z.array(z.strictObject({ from: z.enum(['body', 'query']), name: text, rate: text })).default([]),
    cost: numberOrNull,
    maxBytes: numberOrNull,
    timeoutSeconds: numberOrNull,
    concurrency: numberOrNull,
  }),
  params: z.record(text, z.strictObject({ resource: textOrNull, within: textOrNull })).default({}),
  reply: z.strictObject({ kind: text, why: text }).nullable().default(null),
  signed: z
    .strictObject({ sender: text, signatureHeader: text, timestampHeader: text, toleranceSeconds: z.number() })
    .nullable()
    .default(null),
  flow: z
    .strictObject({
      once: z.boolean(),
      perPrincipal: textOrNull,
      stepUp: ruleOrNull,
      after: textOrNull,
      minimumSeconds: z.number(),
    })
    .nullable()
    .default(null),
  idempotency: z.enum(['none', 'accepted', 'required']),
  outbound: z
    .union([z.literal('public'), texts])
    .nullable()
    .default(null),
  deprecated: textOrNull,
  sunset: textOrNull,
})

const operation = z.strictObject({
  contract: operationContract.nullable().default(null),
  security: z.array(texts).nullable().default(null),
  deprecated: z.boolean(),
  limited: z.boolean(),
  servers: texts.default([]),
  bodyTypes: texts.default([]),
  input: shapes,
  reply: shapes,
})

const lockSchema = z.strictObject({
  turnpikeLock: z.literal(1),
  contract: z.strictObject({
    title: text,
    servers: texts.default([]),
    schemes: z.record(text, scheme).default({}),
    resources: z.record(text, resource).default({}),
    refusals: shapes,
    operations: z.record(text, operation).default({}),
  }),
  acknowledged: z
    .record(
      z.string().regex(/^[0-9a-f]{10}$/),
      z.strictObject({ change: text, reason: text.min(1), until: z.iso.date() }),
    )
    .default({}),
})

export const isLock = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'turnpikeLock' in value

/**
 * Reads a lock file, parsed.
 * @throws {TypeError} When it is none of this version, naming the first place that is not as it should be.
 */
export function readLock(value: unknown): Lock {
  const { data, error } = lockSchema.safeParse(value)
  if (!error) return data as Lock
  const [issue] = error.issues
  throw new TypeError(`it is no lock file of version 1: ${(issue?.path ?? []).join('/')}: ${issue?.message ?? ''}`)
}

/** The lock file as text: sorted keys, a block for each operation and resource, a line for each fact; equal locks give equal text. */
export const formatLock = ({ turnpikeLock, contract, acknowledged }: Lock): string =>
  formatStable({ turnpikeLock, contract, acknowledged })
