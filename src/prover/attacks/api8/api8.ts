import type { Attack } from '../../attack.ts'
import { anyOrigin } from './any-origin.ts'
import { cacheable } from './cacheable.ts'
import { cookieFlags } from './cookie-flags.ts'
import { lookalikeOrigin } from './lookalike-origin.ts'
import { malformedJson } from './malformed-json.ts'
import { nullOrigin } from './null-origin.ts'
import { originReflected } from './origin-reflected.ts'
import { securityHeaders } from './security-headers.ts'
import { traceMethod } from './trace-method.ts'
import { verboseError } from './verbose-error.ts'
import { versionBanner } from './version-banner.ts'

/** Security misconfiguration. */
export const API8: readonly Attack[] = [
  originReflected,
  nullOrigin,
  lookalikeOrigin,
  anyOrigin,
  cacheable,
  securityHeaders,
  cookieFlags,
  verboseError,
  malformedJson,
  versionBanner,
  traceMethod,
]
