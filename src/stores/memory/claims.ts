import { verdictOn } from '../claim-verdict.ts'
import type { ClaimRequest, Claims, ClaimVerdict } from '../store.ts'
import type { Journal } from './journal.ts'
import { Table } from './table.ts'

interface Claim extends ClaimRequest {
  readonly reply: string | null
  readonly doneAt: Date | null
}

export class MemoryClaims implements Claims {
  readonly #journal: Journal
  readonly #claims: Table<Claim>

  constructor(journal: Journal) {
    this.#journal = journal
    this.#claims = new Table(journal)
  }

  claim(request: ClaimRequest): Promise<ClaimVerdict> {
    return this.#journal.writeAlone(() => {
      const present = this.#claims.get(request.key)
      const free =
        !present || present.expiresAt <= request.at || (present.doneAt === null && present.leaseUntil <= request.at)
      if (!free) return verdictOn(present, request.fingerprint)
      this.#claims.set(request.key, { ...request, reply: null, doneAt: null })
      return { outcome: 'claimed' }
    })
  }

  complete(key: string, holder: string, reply: string | null, at: Date): Promise<boolean> {
    return this.#journal.write(() => {
      const claim = this.#claims.get(key)
      if (claim?.holder !== holder || claim.doneAt !== null) return false
      this.#claims.set(key, { ...claim, reply, doneAt: at })
      return true
    })
  }

  release(key: string, holder: string): Promise<void> {
    return this.#journal.write(() => {
      const claim = this.#claims.get(key)
      if (claim?.holder === holder && claim.doneAt === null) this.#claims.delete(key)
    })
  }

  doneAt(key: string): Promise<Date | null> {
    return this.#journal.read(() => this.#claims.get(key)?.doneAt ?? null)
  }

  sweep(now: Date): Promise<void> {
    return this.#journal.write(() => {
      for (const [key, claim] of [...this.#claims.entries()]) if (claim.expiresAt <= now) this.#claims.delete(key)
    })
  }
}
