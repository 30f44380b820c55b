import type { AuditLog } from '../audit/event.ts'

/** The audit log, with every refusal counted by its code on the way. */
export function countedAudit(audit: AuditLog, countRefusal: (code: string) => void): AuditLog {
  return {
    append: (event) => audit.append(event),
    note(event) {
      if (event.code !== null) countRefusal(event.code)
      audit.note(event)
    },
    flush: () => audit.flush(),
    close: () => audit.close(),
  }
}
