import type { Attack } from '../../attack.ts'
import { batchMixed } from './batch-mixed.ts'
import { childOfForeignParent } from './child-of-foreign-parent.ts'
import { childUnderOwnParent } from './child-under-own-parent.ts'
import { idInBody } from './id-in-body.ts'
import { idInHeader } from './id-in-header.ts'
import { idInQuery } from './id-in-query.ts'
import { objectDelete } from './object-delete.ts'
import { objectRead } from './object-read.ts'
import { objectWrite } from './object-write.ts'
import { ownChildUnderParent } from './own-child-under-parent.ts'

/** Broken object level authorization. */
export const API1: readonly Attack[] = [
  objectRead,
  objectWrite,
  objectDelete,
  idInQuery,
  idInBody,
  idInHeader,
  childUnderOwnParent,
  ownChildUnderParent,
  batchMixed,
  childOfForeignParent,
]
