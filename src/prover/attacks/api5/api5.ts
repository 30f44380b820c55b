import type { Attack } from '../../attack.ts'
import { contentTypeSwap } from './content-type-swap.ts'
import { forgedRole } from './forged-role.ts'
import { guardedVersion } from './guarded-version.ts'
import { headOrOptions } from './head-or-options.ts'
import { methodOverride } from './method-override.ts'
import { pathSpelling } from './path-spelling.ts'
import { rewrittenPath } from './rewritten-path.ts'
import { roleRead } from './role-read.ts'
import { roleWrite } from './role-write.ts'
import { undeclaredMethod } from './undeclared-method.ts'

/** Broken function level authorization. */
export const API5: readonly Attack[] = [
  roleRead,
  roleWrite,
  undeclaredMethod,
  methodOverride,
  headOrOptions,
  pathSpelling,
  rewrittenPath,
  forgedRole,
  guardedVersion,
  contentTypeSwap,
]
