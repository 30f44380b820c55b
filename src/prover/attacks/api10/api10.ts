import type { Attack } from '../../attack.ts'

/** Unsafe consumption of APIs. */
export const API10: readonly Attack[] = []
