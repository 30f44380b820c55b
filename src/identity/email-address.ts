import type { BlindIndex, Vault } from '../vault/index.ts'

/**
 * The form under which an account is looked up, counted and locked: without outer white space, composed, in lower case.
 * One person's spellings are one account, also for whoever guesses (RFC 5321 section 2.4 lets local parts differ by case; nobody does).
 */
export function normalizeEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase()
}

export function emailIndex(vault: Vault, email: string): BlindIndex {
  return vault.blindIndex('users.email', normalizeEmail(email))
}
