/** A request as an attack writes it. The credential is added by whoever sends it. */
export interface Draft {
  readonly method: string
  /** Path below the base URL, encoded, without a query. */
  readonly path: string
  /** Decoded pairs, in order. */
  readonly query: readonly (readonly [string, string])[]
  /** Repeated names are sent as they stand. */
  readonly headers: readonly (readonly [string, string])[]
  /** Undefined: none. Strings and bytes go out as they are; anything else in the form of `mediaType`. */
  readonly body: unknown
  readonly mediaType: string
  /** Sent in place of path and query, exactly; the base path is not put before it. */
  readonly rawTarget?: string
  /** The sign-in of an identity that was given: sent outside the scope and where nothing else is written, too. */
  readonly signsIn?: boolean
}

/** What came back. */
export interface Answer {
  /** 0 when none came: `failure` says why. */
  readonly status: number
  readonly failure: 'timeout' | 'refused' | 'reset' | 'bad-reply' | null
  /** Names in lower case; repeated ones joined with `, `, `set-cookie` with a line feed. */
  readonly headers: Readonly<Record<string, string>>
  /** At most `MAX_BODY_BYTES`. */
  readonly text: string
  /** Undefined where the body is no JSON. */
  readonly json: unknown
  readonly milliseconds: number
  /** Number of the exchange in this run. */
  readonly exchange: number
}

export const MAX_BODY_BYTES = 1_048_576

/** A request and its answer as they are kept: secrets are placeholders such as `$TOKEN_ALICE`. */
export interface Exchange {
  readonly number: number
  /** `object-read GET /invoices/{id} alice→bob`, or `set-up`. */
  readonly purpose: string
  /** Name of the identity; `nobody`; `forged`. */
  readonly as: string
  /** ISO 8601. */
  readonly at: string
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: readonly (readonly [string, string])[]
    readonly body: string | null
  }
  readonly response: {
    readonly status: number
    readonly failure: Answer['failure']
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
  readonly milliseconds: number
}
