import { StoreError } from '../../base/store-error.ts'
import type { RefreshRecord, SessionRecord, Sessions } from '../store.ts'
import type { Journal } from './journal.ts'
import { Table } from './table.ts'

export class MemorySessions implements Sessions {
  readonly #journal: Journal
  readonly #sessions: Table<SessionRecord>
  readonly #refresh: Table<RefreshRecord>
  /** Successor's hash → hash of the token it replaced. */
  readonly #predecessors: Table<string>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#sessions = new Table(journal, (session: SessionRecord) => session.userId)
    this.#refresh = new Table(journal, (token: RefreshRecord) => token.sessionId)
    this.#predecessors = new Table(journal)
  }

  insert(session: SessionRecord, first: RefreshRecord): Promise<void> {
    return this.#journal.write(() => {
      if (this.#sessions.get(session.id) || this.#refresh.get(first.hash))
        throw new StoreError('the session or its refresh token exists')
      this.#sessions.set(session.id, { ...session })
      this.#refresh.set(first.hash, { ...first })
    })
  }

  byId(id: string): Promise<SessionRecord | null> {
    return this.#journal.read(() => this.#sessions.get(id) ?? null)
  }

  byRefreshHash(hash: string): Promise<{ readonly session: SessionRecord; readonly refresh: RefreshRecord } | null> {
    return this.#journal.read(() => {
      const refresh = this.#refresh.get(hash)
      const session = refresh && this.#sessions.get(refresh.sessionId)
      return refresh && session ? { session, refresh } : null
    })
  }

  rotate(fromHash: string, successor: RefreshRecord, successorSealed: string, at: Date): Promise<boolean> {
    return this.#journal.write(() => {
      const from = this.#refresh.get(fromHash)
      const session = from && this.#sessions.get(from.sessionId)
      if (!from || !session || from.rotatedAt !== null || session.endedAt !== null) return false
      if (this.#refresh.get(successor.hash)) throw new StoreError('the successor exists')
      this.#refresh.set(fromHash, { ...from, rotatedAt: at, successorHash: successor.hash, successorSealed })
      this.#refresh.set(successor.hash, { ...successor, sessionId: session.id })
      this.#predecessors.set(successor.hash, fromHash)
      this.#eraseCopyOf(fromHash)
      this.#sessions.set(session.id, { ...session, lastUsedAt: at })
      return true
    })
  }

  #eraseCopyOf(hash: string): void {
    const before = this.#refresh.get(this.#predecessors.get(hash) ?? '')
    if (before) this.#refresh.set(before.hash, { ...before, successorSealed: null })
  }

  end(id: string, at: Date): Promise<boolean> {
    return this.#journal.write(() => this.#end(id, at))
  }

  #end(id: string, at: Date): boolean {
    const session = this.#sessions.get(id)
    if (!session || session.endedAt !== null) return false
    this.#sessions.set(id, { ...session, endedAt: at })
    return true
  }

  endAll(userId: string, at: Date, except?: string): Promise<readonly string[]> {
    return this.#journal.write(() => {
      const ids = this.#sessions.ownedBy(userId).map((session) => session.id)
      return ids.filter((id) => id !== except && this.#end(id, at))
    })
  }

  listOf(userId: string): Promise<readonly SessionRecord[]> {
    return this.#journal.read(() => [...this.#sessions.ownedBy(userId)].sort(newestFirst))
  }

  sweep(limits: { readonly successorsBefore: Date; readonly expiredBefore: Date }): Promise<void> {
    return this.#journal.write(() => {
      for (const token of [...this.#refresh.values()]) {
        const erase =
          token.successorSealed !== null && token.rotatedAt !== null && token.rotatedAt < limits.successorsBefore
        if (erase) this.#refresh.set(token.hash, { ...token, successorSealed: null })
      }
      for (const session of [...this.#sessions.values()]) {
        if (session.expiresAt < limits.expiredBefore) this.#remove(session.id)
      }
    })
  }

  #remove(id: string): void {
    for (const token of this.#refresh.ownedBy(id)) {
      this.#predecessors.delete(token.hash)
      this.#refresh.delete(token.hash)
    }
    this.#sessions.delete(id)
  }
}

function newestFirst(a: SessionRecord, b: SessionRecord): number {
  return Number(b.createdAt) - Number(a.createdAt) || (a.id < b.id ? -1 : 1)
}
