import type { Attack } from '../../attack.ts'
import { crossHostRedirect } from './cross-host-redirect.ts'
import { forgedDelivery } from './forged-delivery.ts'
import { hostileAnswer } from './hostile-answer.ts'
import { replayedDelivery } from './replayed-delivery.ts'
import { unboundedAnswer } from './unbounded-answer.ts'
import { unvalidatedAnswer } from './unvalidated-answer.ts'

/** Unsafe consumption of APIs. */
export const API10: readonly Attack[] = [
  hostileAnswer,
  unboundedAnswer,
  crossHostRedirect,
  unvalidatedAnswer,
  forgedDelivery,
  replayedDelivery,
]
