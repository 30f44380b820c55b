import type { Attack } from '../../attack.ts'

/** Server side request forgery. */
export const API7: readonly Attack[] = []
