import type { XTurnpikeDocument } from '../openapi/extension.ts'
import type { JsonSchema } from '../schema.ts'
import type { XOperation } from './read-operation-extension.ts'

/**
 * An OpenAPI 3.0 or 3.1 document that anybody may have written, read into one shape: local references are followed
 * (a schema that refers to itself becomes a graph with a circle), 3.0 spellings are those of 3.1, and what cannot be read is in `faults`.
 */
export interface ReadDocument {
  readonly title: string
  readonly version: string
  /** As written; relative ones stay relative. */
  readonly servers: readonly string[]
  /** The same, with what the document says of each: `internal` is `x-internal`, null where nothing is said. */
  readonly serverNotes: readonly {
    readonly url: string
    readonly description: string
    readonly internal: boolean | null
  }[]
  readonly operations: readonly ReadOperation[]
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>
  /** `components.schemas` by name, the same objects that operations refer to. */
  readonly schemas: Readonly<Record<string, JsonSchema>>
  /** `x-turnpike` of the document; null where there is none or none that can be read. */
  readonly extension: XTurnpikeDocument | null
  /** What could not be read, with its place: the rest of the document counts. */
  readonly faults: readonly string[]
}

export interface ReadOperation {
  /** `GET /invoices/{id}`. */
  readonly id: string
  readonly method: string
  /** As in the document, with `{name}` for parameters. */
  readonly path: string
  readonly operationId: string | null
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly deprecated: boolean
  readonly parameters: readonly ReadParameter[]
  readonly body: ReadBody | null
  readonly responses: readonly ReadResponse[]
  /** Sets of schemes of which one is enough; null where nobody says that a credential is needed. */
  readonly security: readonly (readonly string[])[] | null
  /** What the requirements ask of these schemes: OAuth scopes, or roles. */
  readonly scopes: readonly string[]
  /** The operation itself says that no credential is needed (`security: []` or an empty requirement). */
  readonly openOnPurpose: boolean
  /** `x-turnpike` of the operation; null where there is none or none that can be read. */
  readonly extension: XOperation | null
  readonly extensionFault: string | null
  /** Base URLs of this operation where they differ from the document's. */
  readonly servers: readonly string[]
}

export interface ReadParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required: boolean
  readonly schema: JsonSchema
  readonly examples: readonly unknown[]
  readonly description: string
}

export interface ReadBody {
  readonly required: boolean
  readonly content: readonly ReadContent[]
}

export interface ReadContent {
  readonly mediaType: string
  readonly schema: JsonSchema
  readonly examples: readonly unknown[]
}

export interface ReadResponse {
  /** `200`, `4XX` or `default`. */
  readonly status: string
  readonly description: string
  readonly content: readonly ReadContent[]
  /** Names of declared headers, in lower case. */
  readonly headers: readonly string[]
}

export interface SecurityScheme {
  readonly type: 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS' | 'unknown'
  /** For `http`: `bearer`, `basic`, …, in lower case. */
  readonly scheme: string | null
  /** For `apiKey`: where and under which name. */
  readonly in: 'header' | 'query' | 'cookie' | null
  readonly name: string | null
  readonly bearerFormat: string | null
  readonly description: string
  /** For `oauth2`: `password`, `implicit`, `clientCredentials`, `authorizationCode`, with their URLs. */
  readonly flows: Readonly<Record<string, OAuthFlow>>
}

export interface OAuthFlow {
  readonly tokenUrl: string | null
  readonly authorizationUrl: string | null
  readonly refreshUrl: string | null
  readonly scopes: readonly string[]
}
