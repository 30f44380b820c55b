import type { Attack } from '../../attack.ts'

/** Broken object property level authorization. */
export const API3: readonly Attack[] = []
