import type { Attack } from '../../attack.ts'

/** Improper inventory management. */
export const API9: readonly Attack[] = []
