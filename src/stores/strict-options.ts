/**
 * Options over their defaults. Whole positive numbers where the default is a number.
 * @throws {TypeError} For an unknown key. @throws {RangeError} For a number that is not whole and positive.
 */
export function strictOptions<T extends Readonly<Record<string, unknown>>>(
  where: string,
  given: { readonly [K in keyof T]?: T[K] },
  defaults: T,
): T {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) {
      throw new TypeError(`${where}: "${key}" is no option; there are ${Object.keys(defaults).join(', ')}`)
    }
    if (
      typeof defaults[key] === 'number' &&
      value !== undefined &&
      !(Number.isSafeInteger(value) && (value as number) > 0)
    ) {
      throw new RangeError(`${where}: ${key} is ${String(value)}; it must be a whole number above 0`)
    }
  }
  const present = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(present) }
}
