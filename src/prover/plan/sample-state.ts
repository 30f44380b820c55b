import type { JsonSchema } from '../../contract/schema.ts'

/** Where the making of a sample stands. */
export interface SampleState {
  readonly random: () => number
  readonly optional: boolean
  readonly name: string
  readonly depth: number
  /** Counts the members of a list, which may have to differ. */
  readonly turn: number
  /** Schemas around, to notice circles. */
  readonly path: readonly JsonSchema[]
  /** Values that may still be written before only what must be there is. */
  readonly budget: { left: number }
}
