import type { JsonSchema } from '../../contract/schema.ts'
import type { SampleState } from './sample-state.ts'
import { typeOf } from './schema-type.ts'

/** A number within its bounds and on its step, ordinary where there is room. */
export function sampleNumber(schema: JsonSchema, { name, turn }: Pick<SampleState, 'name' | 'turn'>): number {
  const isWhole = typeOf(schema) === 'integer'
  const step = typeof schema.multipleOf === 'number' && schema.multipleOf > 0 ? schema.multipleOf : isWhole ? 1 : 0
  const wished = wishedFor(name) + turn * (step === 0 ? 1 : step)
  const [low, high] = boundsOf(schema)
  if (step === 0) return between(low, high, wished, turn)
  const unit = isWhole && !Number.isInteger(step) ? wholeStep(step) : step
  const least = low.isOut ? Math.floor(low.value / unit) + 1 : Math.ceil(low.value / unit)
  const most = high.isOut ? Math.ceil(high.value / unit) - 1 : Math.floor(high.value / unit)
  const count = Math.min(Math.max(Math.ceil(wished / unit), Number.isFinite(least) ? least + turn : -Infinity), most)
  return onStep(count, unit)
}

interface Bound {
  readonly value: number
  /** The value itself is out. */
  readonly isOut: boolean
}

function boundsOf(schema: JsonSchema): readonly [Bound, Bound] {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema
  return [
    exclusiveMinimum >= minimum ? { value: exclusiveMinimum, isOut: true } : { value: minimum, isOut: false },
    exclusiveMaximum <= maximum ? { value: exclusiveMaximum, isOut: true } : { value: maximum, isOut: false },
  ]
}

function between(low: Bound, high: Bound, wished: number, turn: number): number {
  const isIn = (value: number) =>
    (low.isOut ? value > low.value : value >= low.value) && (high.isOut ? value < high.value : value <= high.value)
  if (isIn(wished)) return wished
  if (Number.isFinite(low.value) && Number.isFinite(high.value)) {
    const width = high.value - low.value
    return width === 0 ? low.value : low.value + width / (turn + 2)
  }
  return Number.isFinite(low.value) ? low.value + turn + (low.isOut ? 1 : 0) : high.value - turn - (high.isOut ? 1 : 0)
}

/** A whole number that is a multiple of a broken step: 0.5 → 1, 2.5 → 5. */
function wholeStep(step: number): number {
  for (let times = 1; times <= 1000; times++) if (Number.isInteger(onStep(times, step))) return onStep(times, step)
  return 1
}

/** Multiples of steps such as 0.01 without the dust of binary fractions. */
function onStep(count: number, step: number): number {
  const digits = Math.min(/\.(\d+)$/.exec(String(step))?.[1]?.length ?? 0, 12)
  return Number.isInteger(step) ? count * step : Number((count * step).toFixed(digits))
}

function wishedFor(name: string): number {
  if (/\bage$|Age$/.test(name)) return 35
  if (/year/i.test(name)) return 2030
  if (/lat/i.test(name)) return 52.5
  if (/lon|lng/i.test(name)) return 13.4
  return 3
}
