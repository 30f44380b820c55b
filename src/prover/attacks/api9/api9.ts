import type { Attack } from '../../attack.ts'
import { afterSunset } from './after-sunset.ts'
import { declaredButAbsent } from './declared-but-absent.ts'
import { nonProductionServer } from './non-production-server.ts'
import { pastSunset } from './past-sunset.ts'
import { shadowSibling } from './shadow-sibling.ts'
import { siblingVersion } from './sibling-version.ts'
import { undeclaredAnswer } from './undeclared-answer.ts'
import { undocumentedMethod } from './undocumented-method.ts'
import { undocumentedPath } from './undocumented-path.ts'
import { weakerVersion } from './weaker-version.ts'

/** Improper inventory management. */
export const API9: readonly Attack[] = [
  undocumentedMethod,
  undocumentedPath,
  shadowSibling,
  siblingVersion,
  weakerVersion,
  afterSunset,
  undeclaredAnswer,
  declaredButAbsent,
  nonProductionServer,
  pastSunset,
]
