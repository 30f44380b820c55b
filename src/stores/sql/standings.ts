import type { Standing } from '../store.ts'

export type PrincipalStanding = Omit<Standing, 'revoked'>
export const UNTOUCHED: PrincipalStanding = Object.freeze({ epoch: 0, disabled: false, revokedBefore: 0 })

/**
 * Standings of principals, read from SQL on a miss and kept for the most recently seen. A write forgets its entry once it has
 * committed, and keeps a read that was under way meanwhile from bringing the old one back.
 */
export class StandingCache {
  readonly #maxPrincipals: number
  readonly #load: (principalKey: string) => Promise<PrincipalStanding>
  readonly #known = new Map<string, PrincipalStanding>()
  readonly #loading = new Map<string, Promise<PrincipalStanding>>()

  constructor(maxPrincipals: number, load: (principalKey: string) => Promise<PrincipalStanding>) {
    this.#maxPrincipals = maxPrincipals
    this.#load = load
  }

  known(principalKey: string): PrincipalStanding | undefined {
    const known = this.#known.get(principalKey)
    if (known) {
      this.#known.delete(principalKey)
      this.#known.set(principalKey, known)
    }
    return known
  }

  /** Reads it once for everybody who asks meanwhile. */
  fill(principalKey: string): Promise<PrincipalStanding> {
    return this.#loading.get(principalKey) ?? this.#read(principalKey)
  }

  forget(principalKey: string): void {
    this.#known.delete(principalKey)
    this.#loading.delete(principalKey)
  }

  #read(principalKey: string): Promise<PrincipalStanding> {
    const loading = this.#load(principalKey).then(
      (standing) => {
        if (this.#loading.get(principalKey) === loading) {
          this.#loading.delete(principalKey)
          this.#keep(principalKey, standing)
        }
        return standing
      },
      (error) => {
        if (this.#loading.get(principalKey) === loading) this.#loading.delete(principalKey)
        throw error
      },
    )
    this.#loading.set(principalKey, loading)
    return loading
  }

  #keep(principalKey: string, standing: PrincipalStanding): void {
    this.#known.set(principalKey, standing)
    if (this.#known.size <= this.#maxPrincipals) return
    const [oldest] = this.#known.keys()
    this.#known.delete(oldest as string)
  }
}
