import type { Attack } from '../../attack.ts'
import { batchLimit } from './batch-limit.ts'
import { gzipBomb } from './gzip-bomb.ts'
import { jsonDepth } from './json-depth.ts'
import { limitByHeader } from './limit-by-header.ts'
import { limitByPath } from './limit-by-path.ts'
import { noRateLimit } from './no-rate-limit.ts'
import { noRetryAfter } from './no-retry-after.ts'
import { oversizedBody } from './oversized-body.ts'
import { pageSize } from './page-size.ts'
import { slowGrowth } from './slow-growth.ts'
import { slowRequest } from './slow-request.ts'
import { tooLongText } from './too-long-text.ts'
import { tooManyItems } from './too-many-items.ts'

/** Unrestricted resource consumption. */
export const API4: readonly Attack[] = [
  noRateLimit,
  limitByHeader,
  limitByPath,
  noRetryAfter,
  pageSize,
  oversizedBody,
  jsonDepth,
  tooManyItems,
  tooLongText,
  slowGrowth,
  gzipBomb,
  slowRequest,
  batchLimit,
]
