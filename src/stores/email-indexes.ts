import type { UserRecord } from './store.ts'

/** The blind indexes that a user holds: one, or two while the index key rotates. */
export function indexesOf(user: Pick<UserRecord, 'emailIndex' | 'emailIndexPrevious'>): readonly string[] {
  const { emailIndex, emailIndexPrevious } = user
  return emailIndexPrevious === null || emailIndexPrevious === emailIndex
    ? [emailIndex]
    : [emailIndex, emailIndexPrevious]
}
