import type { Attack } from '../../attack.ts'
import { nestedFields } from './nested-fields.ts'
import { ownerAssignment } from './owner-assignment.ts'
import { privilegeOnCreate } from './privilege-on-create.ts'
import { privilegeOnUpdate } from './privilege-on-update.ts'
import { readOnlyFields } from './read-only-fields.ts'
import { stateAssignment } from './state-assignment.ts'
import { undeclaredFields } from './undeclared-fields.ts'

/** Broken object property level authorization. */
export const API3: readonly Attack[] = [
  privilegeOnCreate,
  privilegeOnUpdate,
  ownerAssignment,
  stateAssignment,
  readOnlyFields,
  undeclaredFields,
  nestedFields,
]
