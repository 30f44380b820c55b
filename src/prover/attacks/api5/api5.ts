import type { Attack } from '../../attack.ts'

/** Broken function level authorization. */
export const API5: readonly Attack[] = []
