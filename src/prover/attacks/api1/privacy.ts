/** Whether an object is closed to somebody by intention, and what says so. */
export interface Privacy {
  readonly is: 'private' | 'shared' | 'unknown'
  readonly why: string
  /** Not only by who made it and whom its fields name. */
  readonly strong: boolean
}

export const closed = (why: string, strong = true): Privacy => ({ is: 'private', why, strong })
export const shared = (why: string): Privacy => ({ is: 'shared', why, strong: true })
