/** What is attacked. */
export interface ProveTarget {
  /** Base URL; operations' paths are put after its path. */
  readonly base: URL
  /** Further origins that requests may go to, as declared: a login elsewhere. */
  readonly origins: readonly string[]
  /** Milliseconds since 1970; the target's own clock where it is injected. */
  now(): number
  /** Real time passes, or an injected clock is moved. */
  wait(milliseconds: number): Promise<void>
  /** Whether waiting costs nothing: limits are then never in the way. */
  readonly timeIsOurs: boolean
}
