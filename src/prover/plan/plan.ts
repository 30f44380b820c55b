import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import type { XOperation } from '../../contract/from-openapi/read-operation-extension.ts'
import type { XResource, XRule } from '../../contract/openapi/extension.ts'

/** What is attacked: operations, the resources that they touch, and who there is. Data; making one sends nothing. */
export interface Plan {
  readonly title: string
  /** `contract`: the document carries `x-turnpike`, so intent is known; otherwise it is inferred. */
  readonly source: 'contract' | 'document' | 'har'
  readonly document: ReadDocument
  readonly operations: readonly Operation[]
  readonly resources: readonly Resource[]
  readonly identities: readonly IdentityPlan[]
  readonly auth: AuthOperations
  /** What was inferred and what could not be, each a sentence with the next line to write. */
  readonly notes: readonly string[]
  /** Id of an operation that attacks which try only a few choose in any case: a drill looks at one at a time. Default: none. */
  readonly focus?: string | null
}

export type Purpose = 'list' | 'read' | 'create' | 'update' | 'delete' | 'action' | 'auth' | 'webhook' | 'other'

export interface Operation {
  /** `GET /invoices/{id}`. */
  readonly id: string
  readonly method: string
  /** Template below the base URL, with `{name}`. */
  readonly path: string
  readonly read: ReadOperation
  readonly extension: XOperation | null
  /** Who is meant to call. `unknown`: nobody says. */
  readonly access: 'public' | 'signed-in' | 'admin' | 'unknown'
  readonly rule: XRule | null
  readonly purpose: Purpose
  /** The resource that it lists, reads, creates or changes: what its last id names. */
  readonly resource: string | null
  /** Every place of the request that carries the id of an object, outermost first. */
  readonly references: readonly Reference[]
  /** Where a reply of this operation holds the id of what it made (JSON Pointer), for `create`. */
  readonly produces: { readonly resource: string; readonly id: string } | null
  /** Left out by the user: never sent. */
  readonly leftOut: boolean
  /** Requests of this operation that are known to work: from examples and recordings, best first. */
  readonly samples: readonly Sample[]
  /** How deliveries of an inbound webhook are signed, with the secret; absent where nobody lends it. */
  readonly signing?: Signing
}

/** An HMAC-SHA256 over the bytes of the body, or over `<timestamp>.<body>`. */
export interface Signing {
  readonly secret: string
  readonly signatureHeader: string
  /** Seconds since 1970 stand in it; null: the signature is over the body alone. */
  readonly timestampHeader: string | null
  /** Before the signature in its header: `sha256=`. */
  readonly prefix: string
  readonly encoding: 'hex' | 'base64'
}

/** A place that carries an id. */
export interface Reference {
  readonly in: 'path' | 'query' | 'header' | 'cookie' | 'body'
  /** Name of the parameter; JSON Pointer in a body, `*` for each item of an array. */
  readonly name: string
  readonly resource: string
  /** An array of ids. */
  readonly many: boolean
  /** It names the caller's or owner's user, tenant or organisation rather than an object. */
  readonly of: 'object' | 'user' | 'tenant'
}

export interface Sample {
  /** Whose recording it is; null for an example of the document. */
  readonly identity: string | null
  readonly params: Readonly<Record<string, string>>
  readonly query: readonly (readonly [string, string])[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly mediaType: string | null
}

export interface Resource {
  readonly name: string
  /** Field of the id in replies. */
  readonly id: string
  /** Fields that name owner and tenant in replies, where they are known: a name, or a path such as `user/id`. */
  readonly owner: string | null
  readonly tenant: string | null
  readonly create: string | null
  readonly read: string | null
  readonly list: string | null
  readonly update: string | null
  readonly remove: string | null
  /** Resource that its path stands under. */
  readonly parent: string | null
  /** Meant to be readable by others than the owner: never a finding of API1 by reading. */
  readonly shared: boolean
  /**
   * Whether its objects are somebody's alone: `unknown` where nobody says, so that only behaviour can tell
   * (it stands in one user's list and not in another's).
   */
  readonly private: 'yes' | 'no' | 'unknown'
  /** What says so, in a sentence. */
  readonly privateWhy: string
  /** Contract, hints or descriptions say so, rather than names and shapes: then behaviour decides nothing. */
  readonly isSaid: boolean
  /** Where the object stands in the reply that reads it: a JSON Pointer, empty for the whole. */
  readonly replyAt: string
  /** An object of this resource is a user: each identity's own is its subject. */
  readonly isUser: boolean
  /** An object of this resource is a tenant, an organisation, a workspace. */
  readonly isTenant: boolean
  readonly extension: XResource | null
  /** Ids that are known to belong to an identity, by its name. */
  readonly known: Readonly<Record<string, readonly string[]>>
  /** Ids that an identity used in a recording, by its name: whose they are is not said. */
  readonly seen?: Readonly<Record<string, readonly string[]>>
}

/** Ids of the operations of sign-in, where they were found. */
export interface AuthOperations {
  readonly login: string | null
  readonly register: string | null
  readonly logout: string | null
  readonly refresh: string | null
  readonly changePassword: string | null
  readonly forgotPassword: string | null
  readonly resetPassword: string | null
  /** `GET` operation or path with a JSON Web Key Set. */
  readonly jwks: string | null
  /** An operation that answers for any signed-in caller, best `GET /me`. */
  readonly whoAmI: string | null
}

/** Who attacks and is attacked. */
export interface IdentityPlan {
  readonly name: string
  readonly kind: 'user' | 'admin' | 'client'
  /** Two users of one tenant, one of another; null without tenants. */
  readonly tenant: string | null
  readonly roles: readonly string[]
  /** For attacks that use sessions, limits or the account up; never attacks or is attacked otherwise. */
  readonly spare: boolean
  readonly account: { readonly username: string; readonly password: string } | null
  /** Its id in the API, where it is known beforehand; otherwise learned from token, login reply or `whoAmI`. */
  readonly subject: string | null
  readonly place: CredentialPlace
  readonly source: CredentialSource
  /** Sent with each request beside the credential: a token against forged requests, a tenant, further cookies. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Where a credential stands in a request. */
export interface CredentialPlace {
  readonly in: 'header' | 'cookie' | 'query'
  /** `Authorization`, `X-Api-Key`, a cookie's name. */
  readonly name: string
  /** Before the token in the value, with its blank: `Bearer `, `Token `, or nothing. */
  readonly prefix: string
}

export const BEARER: CredentialPlace = { in: 'header', name: 'Authorization', prefix: 'Bearer ' }

export type CredentialSource =
  | { readonly kind: 'token'; readonly token: string }
  /** Program and arguments; its standard output, trimmed, is the token. */
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'login'; readonly login: LoginRecipe }
  /** Made by a request of another identity, such as an API key of its own. */
  | {
      readonly kind: 'minted'
      /** Name of the identity that asks. */
      readonly as: string
      readonly request: Pick<LoginRecipe, 'url' | 'method' | 'mediaType' | 'body'>
      /** Where the reply holds it (JSON Pointer). */
      readonly token: string
    }
  /** Made in this process, anew whenever the last one is about to expire. */
  | { readonly kind: 'made'; make(): Promise<string> }
  /** Ready headers, cookies among them. */
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }

/** How to sign in. Bodies hold what is sent, with the account filled in. */
export interface LoginRecipe {
  /** Path below the base URL, or an absolute URL whose origin is declared. */
  readonly url: string
  readonly method: string
  readonly mediaType: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** Where the token is: JSON Pointer of the reply, a cookie, a header. A session in cookies keeps all of them. */
  readonly token: { readonly from: 'body' | 'cookie' | 'header'; readonly name: string }
  /**
   * Further values of the reply to send as headers from then on, such as a CSRF token: header → JSON Pointer of its body,
   * or `cookie:NAME`, `header:NAME`.
   */
  readonly also: Readonly<Record<string, string>>
}
