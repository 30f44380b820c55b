/** When an endpoint was deprecated, when it ends (410 afterwards), and where to read more. */
export interface Lifecycle {
  readonly deprecated?: Date
  readonly sunset?: Date
  readonly link?: string
}

/** @throws {RangeError} On a date that is none, or a sunset without or before its deprecation (RFC 9745 section 4). */
export function parseLifecycle(given: Lifecycle): Lifecycle {
  const { deprecated, sunset, link } = given
  for (const [name, date] of Object.entries({ deprecated, sunset })) {
    if (date !== undefined && !(date instanceof Date && !Number.isNaN(date.getTime())))
      throw new RangeError(`${name} is no date`)
  }
  if (sunset && (!deprecated || sunset < deprecated))
    throw new RangeError('sunset needs a deprecated date that is not later')
  if (link !== undefined && !/^https?:\/\/[^\s<>"]+$/.test(link))
    throw new RangeError(`link "${link}" is no absolute URL`)
  return Object.freeze({ ...given })
}
