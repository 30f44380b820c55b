import type { Attack } from '../../attack.ts'
import { clientSidePrice } from './client-side-price.ts'
import { flowUnbounded } from './flow-unbounded.ts'
import { impossibleQuantity } from './impossible-quantity.ts'
import { onceInParallel } from './once-in-parallel.ts'
import { onceRepeated } from './once-repeated.ts'
import { stepSkipped } from './step-skipped.ts'

/** Unrestricted access to sensitive business flows. */
export const API6: readonly Attack[] = [
  onceRepeated,
  onceInParallel,
  stepSkipped,
  impossibleQuantity,
  clientSidePrice,
  flowUnbounded,
]
