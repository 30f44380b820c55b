import type { Attack } from '../../attack.ts'

/** Unrestricted resource consumption. */
export const API4: readonly Attack[] = []
