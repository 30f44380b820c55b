import type { Attack } from '../../attack.ts'
import { objectRead } from './object-read.ts'

/** Broken object level authorization. */
export const API1: readonly Attack[] = [objectRead]
