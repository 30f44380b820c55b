import type { Revocations, Standing, StandingQuestion } from '../store.ts'
import type { Journal } from './journal.ts'
import { Table } from './table.ts'

type PrincipalStanding = Omit<Standing, 'revoked'>
const UNTOUCHED: PrincipalStanding = Object.freeze({ epoch: 0, disabled: false, revokedBefore: 0 })

/** Revocations, and beside them the committed view that admission reads without waiting for open units. */
export class MemoryRevocations implements Revocations {
  readonly #journal: Journal
  readonly #revoked: Table<number>
  readonly #standings: Table<PrincipalStanding>
  readonly #committedRevoked = new Set<string>()
  readonly #committedStandings = new Map<string, PrincipalStanding>()

  constructor(journal: Journal) {
    this.#journal = journal
    this.#revoked = new Table(journal)
    this.#standings = new Table(journal)
  }

  revoke(kind: 'token' | 'session', id: string, expiresAt: Date): Promise<void> {
    return this.#journal.write(() => this.revokeNow(kind, id, expiresAt))
  }

  /** The same, as part of a write that is under way. */
  revokeNow(kind: 'token' | 'session', id: string, expiresAt: Date): void {
    const key = `${kind}:${id}`
    this.#revoked.set(key, Math.max(this.#revoked.get(key) ?? 0, Number(expiresAt)))
    this.#journal.afterCommit(() => this.#committedRevoked.add(key))
  }

  raiseEpoch(principalKey: string, at: Date): Promise<number> {
    return this.#change(principalKey, (before) => ({
      ...before,
      epoch: before.epoch + 1,
      revokedBefore: Math.max(before.revokedBefore, Number(at)),
    })).then((after) => after.epoch)
  }

  async setDisabled(principalKey: string, disabled: boolean): Promise<void> {
    await this.#change(principalKey, (before) => ({ ...before, disabled }))
  }

  #change(principalKey: string, change: (before: PrincipalStanding) => PrincipalStanding): Promise<PrincipalStanding> {
    return this.#journal.write(() => {
      const after = change(this.#standings.get(principalKey) ?? UNTOUCHED)
      this.#standings.set(principalKey, after)
      this.#journal.afterCommit(() => this.#committedStandings.set(principalKey, after))
      return after
    })
  }

  standing(principalKey: string): Promise<PrincipalStanding> {
    return this.#journal.read(() => this.#standings.get(principalKey) ?? UNTOUCHED)
  }

  committedStanding(question: StandingQuestion): Standing {
    this.#journal.assertOpen()
    const { tokenId, sessionId, principalKey } = question
    const revoked =
      (tokenId !== null && this.#committedRevoked.has(`token:${tokenId}`)) ||
      (sessionId !== null && this.#committedRevoked.has(`session:${sessionId}`))
    const { epoch, disabled, revokedBefore } = this.#committedStandings.get(principalKey) ?? UNTOUCHED
    return { revoked, epoch, disabled, revokedBefore }
  }

  sweep(now: Date): Promise<void> {
    return this.#journal.write(() => {
      for (const [key, expiresAt] of [...this.#revoked.entries()]) {
        if (expiresAt > Number(now)) continue
        this.#revoked.delete(key)
        this.#journal.afterCommit(() => this.#committedRevoked.delete(key))
      }
    })
  }
}
