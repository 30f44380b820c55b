const UNIT_SECONDS = {
  s: 1,
  second: 1,
  seconds: 1,
  m: 60,
  minute: 60,
  minutes: 60,
  h: 3600,
  hour: 3600,
  hours: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
} as const

export type DurationUnit = keyof typeof UNIT_SECONDS
/** `5m`, `30 seconds`, `1 day`. */
export type Duration = `${number}${DurationUnit}` | `${number} ${DurationUnit}`

/**
 * Reads a duration.
 * @returns Whole seconds.
 * @throws {RangeError} If it is not a whole, positive number of a known unit.
 */
export function seconds(duration: string): number {
  const match = /^(\d{1,9}) ?([a-z]+)$/.exec(duration)
  const unit = match?.[2] as DurationUnit | undefined
  if (!match || unit === undefined || !Object.hasOwn(UNIT_SECONDS, unit) || Number(match[1]) === 0) {
    throw new RangeError(`"${duration}" is no duration; write for example "30s", "5m", "12 hours" or "30d"`)
  }
  return Number(match[1]) * UNIT_SECONDS[unit]
}
