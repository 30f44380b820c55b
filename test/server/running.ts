import { type Running, type ServeOptions, serve } from '../../src/server/index.ts'
import { memoryState } from '../../src/stores/memory.ts'
import type { State } from '../../src/stores/store.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { notesApi } from './notes-api.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly facts: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A logger that remembers. */
export function rememberingLog() {
  const lines: LogLine[] = []
  const at = (level: LogLine['level']) => (facts: object, message: string) =>
    void lines.push({ level, facts: facts as LogLine['facts'], message })
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } }
}

export const ALICE = 'Bearer alice.acme'
export const ADMIN = 'Bearer ada.acme.admin'

/** The small API on any free port, on memory. */
export async function start(
  options: Partial<ServeOptions> = {},
): Promise<{ running: Running; state: State; lines: LogLine[]; close(): Promise<void> }> {
  const state = options.state ?? memoryState()
  const { lines, log } = rememberingLog()
  const running = await serve(notesApi, {
    identity: fakeIdentity,
    environment: 'test',
    port: 0,
    log,
    addressBucket: { perSecond: 10_000, burst: 10_000 },
    ...options,
    state,
  })
  return {
    running,
    state,
    lines,
    async close() {
      await running.close()
      await state.close()
    },
  }
}

/** The members of a JSON answer. */
export const membersOf = async (response: Response): Promise<Readonly<Record<string, unknown>>> =>
  (await response.json()) as Record<string, unknown>
