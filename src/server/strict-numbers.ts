export interface NumberRange {
  readonly default: number
  readonly min: number
  readonly max: number
}

/**
 * Whole numbers with their defaults filled in.
 * @param faults - Gets a line for each unknown key and each value out of range.
 */
export function strictNumbers<K extends string>(
  where: string,
  given: Readonly<Partial<Record<K, number>>>,
  ranges: Readonly<Record<K, NumberRange>>,
  faults: string[],
): Readonly<Record<K, number>> {
  const names = Object.keys(ranges) as K[]
  for (const key of Object.keys(given))
    if (!Object.hasOwn(ranges, key))
      faults.push(`unknown setting "${where}.${key}"; ${where} takes ${names.join(', ')}`)
  const parsed = names.map((name) => {
    const { min, max, default: fallback } = ranges[name]
    const value = given[name] ?? fallback
    if (!(Number.isInteger(value) && value >= min && value <= max))
      faults.push(`${where}.${name} is ${value}; it must be a whole number from ${min} to ${max}`)
    return [name, value] as const
  })
  return Object.freeze(Object.fromEntries(parsed)) as Readonly<Record<K, number>>
}
