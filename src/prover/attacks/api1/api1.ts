import type { Attack } from '../../attack.ts'
import { batchMixed } from './batch-mixed.ts'
import { childOfForeignParent } from './child-of-foreign-parent.ts'
import { childUnderOwnParent } from './child-under-own-parent.ts'
import { duplicateKey } from './duplicate-key.ts'
import { existenceOracle } from './existence-oracle.ts'
import { filterWidens } from './filter-widens.ts'
import { foreignPersonNamed } from './foreign-person-named.ts'
import { idInBody } from './id-in-body.ts'
import { idInHeader } from './id-in-header.ts'
import { idInQuery } from './id-in-query.ts'
import { idSpelling } from './id-spelling.ts'
import { idWrapped } from './id-wrapped.ts'
import { listLeak } from './list-leak.ts'
import { objectDelete } from './object-delete.ts'
import { objectRead } from './object-read.ts'
import { objectWrite } from './object-write.ts'
import { ownChildUnderParent } from './own-child-under-parent.ts'
import { parameterPollution } from './parameter-pollution.ts'
import { reassignOwner } from './reassign-owner.ts'
import { sequentialIds } from './sequential-ids.ts'
import { tenantHeader } from './tenant-header.ts'

/** Broken object level authorization. */
export const API1: readonly Attack[] = [
  objectRead,
  objectWrite,
  objectDelete,
  idInQuery,
  idInBody,
  foreignPersonNamed,
  idInHeader,
  childUnderOwnParent,
  ownChildUnderParent,
  batchMixed,
  listLeak,
  filterWidens,
  parameterPollution,
  duplicateKey,
  idWrapped,
  idSpelling,
  childOfForeignParent,
  reassignOwner,
  tenantHeader,
  existenceOracle,
  sequentialIds,
]
