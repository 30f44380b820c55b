import type { Attack } from '../../attack.ts'
import { nestedFields } from './nested-fields.ts'
import { ownerAssignment } from './owner-assignment.ts'
import { privilegeOnCreate } from './privilege-on-create.ts'
import { privilegeOnUpdate } from './privilege-on-update.ts'
import { prototypePollution } from './prototype-pollution.ts'
import { readOnlyFields } from './read-only-fields.ts'
import { replyOutsideContract } from './reply-outside-contract.ts'
import { restrictedField } from './restricted-field.ts'
import { secretInReply } from './secret-in-reply.ts'
import { stateAssignment } from './state-assignment.ts'
import { undeclaredFields } from './undeclared-fields.ts'
import { widenedReply } from './widened-reply.ts'
import { writeOnlyShown } from './write-only-shown.ts'

/** Broken object property level authorization. */
export const API3: readonly Attack[] = [
  privilegeOnCreate,
  privilegeOnUpdate,
  ownerAssignment,
  stateAssignment,
  readOnlyFields,
  undeclaredFields,
  nestedFields,
  prototypePollution,
  replyOutsideContract,
  secretInReply,
  writeOnlyShown,
  restrictedField,
  widenedReply,
]
