import type { Attack } from '../../attack.ts'
import { ambiguousFraming } from './ambiguous-framing.ts'
import { anyOrigin } from './any-origin.ts'
import { cacheable } from './cacheable.ts'
import { commandInjection } from './command-injection.ts'
import { cookieFlags } from './cookie-flags.ts'
import { headerInjection } from './header-injection.ts'
import { loginInjection } from './login-injection.ts'
import { lookalikeOrigin } from './lookalike-origin.ts'
import { malformedJson } from './malformed-json.ts'
import { nosqlInjection } from './nosql-injection.ts'
import { nullOrigin } from './null-origin.ts'
import { originReflected } from './origin-reflected.ts'
import { pathTraversal } from './path-traversal.ts'
import { plainHttp } from './plain-http.ts'
import { securityHeaders } from './security-headers.ts'
import { sharedCache } from './shared-cache.ts'
import { sqlInjection } from './sql-injection.ts'
import { templateInjection } from './template-injection.ts'
import { traceMethod } from './trace-method.ts'
import { verboseError } from './verbose-error.ts'
import { versionBanner } from './version-banner.ts'
import { xmlEntities } from './xml-entities.ts'

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
  sqlInjection,
  nosqlInjection,
  loginInjection,
  commandInjection,
  templateInjection,
  pathTraversal,
  xmlEntities,
  headerInjection,
  sharedCache,
  plainHttp,
  ambiguousFraming,
]
