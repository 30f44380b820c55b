import type { ClaimVerdict } from './store.ts'

/** What somebody finds who comes second. */
export function verdictOn(
  present: { readonly fingerprint: string; readonly reply: string | null; readonly doneAt: Date | null },
  fingerprint: string,
): ClaimVerdict {
  if (present.fingerprint !== fingerprint) return { outcome: 'mismatch' }
  return present.doneAt === null ? { outcome: 'held' } : { outcome: 'done', reply: present.reply, at: present.doneAt }
}
