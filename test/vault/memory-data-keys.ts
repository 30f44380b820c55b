import type { DataKeyStore, WrappedKey } from '../../src/vault/index.ts'

/** A store in memory that remembers what was destroyed, counts its calls and can be made slow. */
export class MemoryDataKeys implements DataKeyStore {
  readonly rows = new Map<string, WrappedKey>()
  readonly gone = new Set<string>()
  readonly calls: string[] = []
  /** Awaited after an answer was read and before it is given. */
  pause: () => Promise<void> = async () => {}

  async load(subjects: readonly string[]) {
    this.calls.push('load')
    const found = subjects.flatMap((subject) => this.rows.get(subject) ?? [])
    await this.pause()
    return found
  }

  async insertIfAbsent(key: WrappedKey) {
    this.calls.push('insert')
    if (this.gone.has(key.subject)) return null
    const stored = this.rows.get(key.subject) ?? key
    this.rows.set(key.subject, stored)
    await this.pause()
    return stored
  }

  async replace(key: WrappedKey, expectedKid: string) {
    this.calls.push('replace')
    if (this.rows.get(key.subject)?.kid !== expectedKid) return false
    this.rows.set(key.subject, key)
    return true
  }

  async destroy(subject: string) {
    this.calls.push('destroy')
    this.rows.delete(subject)
    this.gone.add(subject)
  }

  async list(after: string | null, limit: number) {
    this.calls.push('list')
    const subjects = [...this.rows.keys()].sort().filter((subject) => after === null || subject > after)
    return subjects.slice(0, limit).map((subject) => this.rows.get(subject) as WrappedKey)
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length
  }
}
