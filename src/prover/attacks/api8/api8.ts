import type { Attack } from '../../attack.ts'

/** Security misconfiguration. */
export const API8: readonly Attack[] = []
