/** Headers that an endpoint may declare for its successful replies, with the values that mean something safe. */
export interface ReplyHeadersConfig {
  /** Seconds for which anybody may keep the reply (RFC 9111 `public, max-age`). Default: nobody keeps it (`no-store`). For public data alone. */
  readonly publicForSeconds?: number
  /** Tells a browser to forget what it holds of this site (W3C Clear Site Data; ASVS 14.3.1), as after a logout. */
  readonly clearSiteData?: boolean
}

export type ReplyHeaders = Readonly<Record<string, string>>

const KNOWN = ['publicForSeconds', 'clearSiteData']
const MOST_SECONDS = 86_400

/** @throws {RangeError} For an unknown key or a value out of range. */
export function parseReplyHeaders(config: ReplyHeadersConfig): ReplyHeaders {
  for (const key of Object.keys(config))
    if (!KNOWN.includes(key)) throw new RangeError(`headers: unknown key "${key}"; it takes ${KNOWN.join(', ')}`)
  const { publicForSeconds, clearSiteData } = config
  const isAge =
    publicForSeconds === undefined ||
    (Number.isSafeInteger(publicForSeconds) && publicForSeconds >= 1 && publicForSeconds <= MOST_SECONDS)
  if (!isAge)
    throw new RangeError(
      `headers.publicForSeconds is ${publicForSeconds}; it must be a whole number from 1 to ${MOST_SECONDS}`,
    )
  if (clearSiteData !== undefined && clearSiteData !== true)
    throw new RangeError('headers.clearSiteData must be true, or be left out')
  return Object.freeze({
    ...(publicForSeconds === undefined ? {} : { 'cache-control': `public, max-age=${publicForSeconds}` }),
    ...(clearSiteData === undefined ? {} : { 'clear-site-data': '"cache", "cookies", "storage"' }),
  })
}
