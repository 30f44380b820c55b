import type { ReadDocument, ReadOperation, ReadResponse, SecurityScheme } from '../from-openapi/document.ts'
import type { XOperation } from '../from-openapi/read-operation-extension.ts'
import type { XResource } from '../openapi/extension.ts'
import type { JsonSchema } from '../schema.ts'
import type { Shape, Shapes } from './shape.ts'
import { shapesOf } from './shapes-of.ts'

/** Only what `diff` compares, of a document: plain, small data without prose, fit for a lock file. */
export interface ContractOutline {
  readonly title: string
  readonly servers: readonly string[]
  readonly schemes: Readonly<Record<string, SchemeOutline>>
  readonly resources: Readonly<Record<string, XResource>>
  /** What problem documents (4xx, 5xx, default) show, in any operation. */
  readonly refusals: Shapes
  /** By `GET /v1/invoices/{invoice}`. */
  readonly operations: Readonly<Record<string, OperationOutline>>
}

export type SchemeOutline = Omit<SecurityScheme, 'description'>

export interface OperationOutline {
  /** `x-turnpike`; null where there is none. */
  readonly contract: XOperation | null
  /** Sets of schemes of which one is enough; `[[]]` asks for none; null where the document says nothing. */
  readonly security: readonly (readonly string[])[] | null
  readonly deprecated: boolean
  /** Whether it declares that it may answer 429. */
  readonly limited: boolean
  readonly servers: readonly string[]
  readonly bodyTypes: readonly string[]
  /** What callers send: `/query/status`, `/path/invoice`, `/header/idempotency-key`, `/body/total`. */
  readonly input: Shapes
  /** What a success shows: `/reply/total`. */
  readonly reply: Shapes
}

export function outlineOf(document: ReadDocument): ContractOutline {
  const failures = document.operations.flatMap(({ responses }) => responses.filter((each) => !isSuccess(each)))
  return {
    title: document.title,
    servers: distinct(document.servers),
    schemes: Object.fromEntries(
      Object.entries(document.securitySchemes).map(([name, { description: _, ...form }]) => [name, form]),
    ),
    resources: document.extension?.resources ?? {},
    refusals: replyShapes('/refusal', failures),
    operations: Object.fromEntries(document.operations.map((each) => [each.id, operationOutline(each)])),
  }
}

function operationOutline(operation: ReadOperation): OperationOutline {
  const { extension, security, openOnPurpose, deprecated, responses, servers, body } = operation
  return {
    contract: extension,
    security: openOnPurpose ? [[]] : security,
    deprecated,
    limited: responses.some(({ status }) => status === '429' || status.toUpperCase() === '4XX'),
    servers: distinct(servers),
    bodyTypes: distinct(body?.content.map(({ mediaType }) => mediaType) ?? []),
    input: inputShapes(operation),
    reply: replyShapes('/reply', responses.filter(isSuccess)),
  }
}

const isSuccess = ({ status }: ReadResponse): boolean => /^[1-3]/.test(status)

function inputShapes({ parameters, body }: ReadOperation): Shapes {
  const found: Record<string, Shape> = {}
  for (const { in: where, name, required, schema } of parameters) {
    // Header names have no case (RFC 9110 section 5.1).
    place(found, `/${where}/${where === 'header' ? name.toLowerCase() : name}`, required, shapesOf(schema, 'request'))
  }
  if (body)
    place(
      found,
      '/body',
      body.required,
      oneOf(
        body.content.map(({ schema }) => schema),
        'request',
      ),
    )
  return found
}

function place(into: Record<string, Shape>, at: string, required: boolean, shapes: Shapes): void {
  for (const [below, shape] of Object.entries(shapes))
    into[at + below] = below === '' && required ? { ...shape, required } : shape
}

/** @param root - `/reply`, `/refusal`: the place of the whole. */
function replyShapes(root: string, responses: readonly ReadResponse[]): Shapes {
  const found: Record<string, Shape> = {}
  const schemas = responses.flatMap(({ content }) => content.map(({ schema }) => schema))
  place(found, root, false, oneOf(schemas, 'reply'))
  return Object.fromEntries(Object.entries(found).map(([at, shape]) => [at, shownShape(shape)]))
}

/** Of a reply only what is shown counts; narrower or wider values of a known field loosen nothing. */
const shownShape = ({ types, open, maxItems, cut }: Shape): Shape => ({
  ...(types ? { types } : {}),
  ...(open ? { open } : {}),
  ...(maxItems === undefined ? {} : { maxItems }),
  ...(cut ? { cut } : {}),
})

/** The same schema counts once, however many operations refer to it. */
function oneOf(schemas: readonly JsonSchema[], direction: 'request' | 'reply'): Shapes {
  const [only, ...more] = new Set(schemas)
  if (!only) return {}
  return shapesOf(more.length === 0 ? only : { anyOf: [only, ...more] }, direction)
}

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort()
