import type { AttemptPolicy, AttemptVerdict } from './store.ts'

/** What is kept of a key: how often it failed, until when it must wait, and when all is forgotten. Milliseconds. */
export interface AttemptCount {
  readonly failures: number
  readonly blockedUntil: number
  readonly forgetAt: number
}

/** The attempt that begins now, counted as failed. Null when the key must wait. */
export function nextAttempt(before: AttemptCount | null, policy: AttemptPolicy, at: number): AttemptCount | null {
  if (before && before.blockedUntil > at) return null
  const failures = before && before.forgetAt > at ? before.failures + 1 : 1
  const blockedUntil = at + waitSeconds(failures, policy) * 1000
  return { failures, blockedUntil, forgetAt: Math.max(at + policy.forgetSeconds * 1000, blockedUntil) }
}

function waitSeconds(failures: number, policy: AttemptPolicy): number {
  if (failures >= policy.lockAfter) return policy.lockSeconds
  if (failures <= policy.free) return 0
  return Math.min(policy.maxSeconds, policy.baseSeconds * 2 ** (failures - policy.free - 1))
}

export function allowedAttempt(failures: number): AttemptVerdict {
  return { allowed: true, failures, locked: false, retryAfterSeconds: 0 }
}

export function refusedAttempt(count: AttemptCount, policy: AttemptPolicy, at: number): AttemptVerdict {
  return {
    allowed: false,
    failures: count.failures,
    locked: count.failures >= policy.lockAfter,
    retryAfterSeconds: Math.max(1, Math.ceil((count.blockedUntil - at) / 1000)),
  }
}
