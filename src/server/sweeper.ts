import type { Gate } from '../gate.ts'

const EVERY_MILLISECONDS = 60_000

export interface Sweeper {
  /** One round now; a round that is under way is waited for instead. Never rejects. */
  sweep(): Promise<void>
  /** Waits for the round that is under way. */
  close(): Promise<void>
}

/** Erases what is over, every minute: expired sessions, revocations, claims, quotas, counts. One that fails keeps no other from its turn. */
export function startSweeper(gate: Gate): Sweeper {
  let running: Promise<void> | null = null
  const sweep = () => {
    running ??= round(gate).finally(() => {
      running = null
    })
    return running
  }
  const timer = setInterval(() => void sweep(), EVERY_MILLISECONDS).unref()
  return {
    sweep,
    async close() {
      clearInterval(timer)
      await running
    },
  }
}

async function round({ state, identity, clock, log }: Gate): Promise<void> {
  const now = new Date(clock.now())
  const parts: Readonly<Record<string, () => Promise<void>>> = {
    claims: () => state.claims.sweep(now),
    quotas: () => state.quotas.sweep(now),
    attempts: () => state.attempts.sweep(now),
    revocations: () => state.revocations.sweep(now),
    // Sessions end by the identity's own times.
    ...(identity.sweep ? { identity: () => identity.sweep?.() ?? Promise.resolve() } : {}),
  }
  for (const [part, run] of Object.entries(parts)) {
    await run().catch((error: unknown) =>
      log.error({ part, error: String(error) }, 'what is over could not be erased; it is tried again in a minute'),
    )
  }
}
