import type { Attack } from '../../attack.ts'

/** Unrestricted access to sensitive business flows. */
export const API6: readonly Attack[] = []
