/** A step of the application's own schema. Steps run once, in order; an applied one never changes. */
export interface Migration {
  readonly id: string
  /** SQL, any number of statements. It runs with the owner's rights inside one transaction with the others. */
  readonly up: string
}
