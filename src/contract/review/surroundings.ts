/** What `review` may be told beside the contract. What is not told is not judged. */
export interface Surroundings {
  readonly runtime?: {
    /** `process.version`: `v22.1.0`. */
    readonly node: string
    readonly now: Date
  }
  readonly settings?: {
    readonly production: boolean
    readonly plainHttp: boolean
    /** Names that the server answers to; `any` when it does not look. */
    readonly hosts: readonly string[] | 'any'
    readonly store: 'memory' | 'embedded' | 'postgres'
    /** Whether keys come from a file or a manager, and so survive a restart. */
    readonly lastingKeys: boolean
    /** Whether `X-XSS-Protection: 1; mode=block` is sent. */
    readonly xssFilter?: boolean
  }
  readonly layers?: {
    /** Whether the application's database enforces row-level security for the principal. */
    readonly rowSecurity: boolean
  }
  readonly dependencies?: {
    readonly lockFile: boolean
    /** Whether every direct dependency names one exact version. */
    readonly exact: boolean
    /** Whether every package of the lock file has an integrity hash. */
    readonly integrity: boolean
    /** What the advisory database said. `unavailable` and `not asked` are inconclusive, never passed. */
    readonly audit: 'clean' | 'vulnerable' | 'unavailable' | 'not asked'
  }
  readonly identity?: {
    readonly credentials: readonly string[]
    /** How passwords are kept; null where none are. */
    readonly passwords: string | null
    /** What its tokens lack, in words: revocation, an audience … */
    readonly tokenGaps: readonly string[]
    /** What else this way of identity cannot do. */
    readonly lacks: readonly string[]
    /** By which mechanism it holds a demand of ASVS 5.0, by the id of the demand. Absent where it does not say. */
    readonly controls?: Readonly<Record<string, string>>
  }
}
