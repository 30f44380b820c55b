import type { Rule } from '../finding.ts'
import { accessMissing } from './access-missing.ts'
import { accountLimit } from './account-limit.ts'
import { bareReply } from './bare-reply.ts'
import { bodySize } from './body-size.ts'
import { codeRule } from './code-rule.ts'
import { coercedInput } from './coerced-input.ts'
import { contractFaults } from './contract-faults.ts'
import { dependencyAdvisories } from './dependency-advisories.ts'
import { dependencyPinning } from './dependency-pinning.ts'
import { deprecationLink } from './deprecation-link.ts'
import { eachUnknown } from './each-unknown.ts'
import { emptyRule } from './empty-rule.ts'
import { fieldRule } from './field-rule.ts'
import { flowMissing } from './flow-missing.ts'
import { freshMissing } from './fresh-missing.ts'
import { getChanges } from './get-changes.ts'
import { highLimit } from './high-limit.ts'
import { identityLacks } from './identity-lacks.ts'
import { limitKey } from './limit-key.ts'
import { listPaging } from './list-paging.ts'
import { loginLimit } from './login-limit.ts'
import { longTimeout } from './long-timeout.ts'
import { looseInput } from './loose-input.ts'
import { mootObjectRule } from './moot-object-rule.ts'
import { movedReference } from './moved-reference.ts'
import { nestedPath } from './nested-path.ts'
import { nullableOwner } from './nullable-owner.ts'
import { objectRuleMissing } from './object-rule-missing.ts'
import { openView } from './open-view.ts'
import { openWrite } from './open-write.ts'
import { outboundOrigin } from './outbound-origin.ts'
import { outboundPublic } from './outbound-public.ts'
import { ownerlessObject } from './ownerless-object.ts'
import { pageSize } from './page-size.ts'
import { paymentReplay } from './payment-replay.ts'
import { personalData } from './personal-data.ts'
import { plainIdInput } from './plain-id-input.ts'
import { plainIdParam } from './plain-id-param.ts'
import { privilegedWrite } from './privileged-write.ts'
import { publicDocs } from './public-docs.ts'
import { queryShape } from './query-shape.ts'
import { reasonMissing } from './reason-missing.ts'
import { recursiveInput } from './recursive-input.ts'
import { replyProjection } from './reply-projection.ts'
import { rowSecurity } from './row-security.ts'
import { runtimeEndOfLife } from './runtime-end-of-life.ts'
import { sealedKey } from './sealed-key.ts'
import { searchLimit } from './search-limit.ts'
import { secretInReply } from './secret-in-reply.ts'
import { secretInUrl } from './secret-in-url.ts'
import { sequentialId } from './sequential-id.ts'
import { settingsStore } from './settings-store.ts'
import { settingsTransport } from './settings-transport.ts'
import { settingsXssFilter } from './settings-xss-filter.ts'
import { slowPattern } from './slow-pattern.ts'
import { summaryMissing } from './summary-missing.ts'
import { sunsetPassed } from './sunset-passed.ts'
import { tenantMissing } from './tenant-missing.ts'
import { unboundedInput } from './unbounded-input.ts'
import { unboundedReply } from './unbounded-reply.ts'
import { unboundedResource } from './unbounded-resource.ts'
import { unknownObject } from './unknown-object.ts'
import { unknownRelation } from './unknown-relation.ts'
import { unsayableSchema } from './unsayable-schema.ts'
import { untypedInput } from './untyped-input.ts'
import { unusedRelation } from './unused-relation.ts'
import { versionMissing } from './version-missing.ts'
import { weakerVersion } from './weaker-version.ts'

/** Every rule of `review`. */
export const ALL_RULES: readonly Rule[] = [
  contractFaults,
  accessMissing,
  emptyRule,
  objectRuleMissing,
  mootObjectRule,
  plainIdParam,
  plainIdInput,
  nestedPath,
  unknownObject,
  eachUnknown,
  unknownRelation,
  unusedRelation,
  ownerlessObject,
  nullableOwner,
  tenantMissing,
  sequentialId,
  sealedKey,
  openView,
  openWrite,
  loginLimit,
  accountLimit,
  freshMissing,
  secretInUrl,
  looseInput,
  untypedInput,
  queryShape,
  unboundedInput,
  recursiveInput,
  slowPattern,
  unboundedReply,
  unboundedResource,
  unsayableSchema,
  coercedInput,
  movedReference,
  bareReply,
  replyProjection,
  secretInReply,
  personalData,
  privilegedWrite,
  fieldRule,
  reasonMissing,
  limitKey,
  searchLimit,
  highLimit,
  pageSize,
  listPaging,
  longTimeout,
  bodySize,
  flowMissing,
  paymentReplay,
  outboundPublic,
  outboundOrigin,
  getChanges,
  versionMissing,
  weakerVersion,
  sunsetPassed,
  deprecationLink,
  summaryMissing,
  publicDocs,
  codeRule,
  runtimeEndOfLife,
  settingsTransport,
  settingsStore,
  settingsXssFilter,
  rowSecurity,
  identityLacks,
  dependencyPinning,
  dependencyAdvisories,
]
