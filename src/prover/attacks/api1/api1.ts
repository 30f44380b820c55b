import type { Attack } from '../../attack.ts'
import { objectDelete } from './object-delete.ts'
import { objectRead } from './object-read.ts'
import { objectWrite } from './object-write.ts'

/** Broken object level authorization. */
export const API1: readonly Attack[] = [objectRead, objectWrite, objectDelete]
