import { Refusal } from '../base/refusal.ts'

/**
 * Step 2, second half: a client that takes none of what the endpoint gives is told so before anything is done (RFC 9110 section 12.5.1).
 * Preferences among several are not weighed: an endpoint has one media type.
 * @param mediaType - Of success, without parameters; null for replies without a body.
 * @throws {Refusal} 406.
 */
export function acceptable(accept: string | undefined, mediaType: string | null): void {
  // An empty list asks for nothing in particular, and old clients send one.
  if (accept === undefined || mediaType === null || accept === '*/*' || accept.trim() === '') return
  const group = `${mediaType.slice(0, mediaType.indexOf('/'))}/*`
  // The most specific range that names the type decides (RFC 9110 section 12.5.1).
  let specific = -1
  let allowed = false
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const rank = [`*/*`, group, mediaType].indexOf(name)
    if (rank < 0 || rank < specific) continue
    specific = rank
    allowed = !parameters.some((parameter) => /^q=0(?:\.0{0,3})?$/.test(parameter))
  }
  if (!allowed)
    throw new Refusal('not_acceptable', {
      detail: `Accept asks for something else than ${mediaType}`,
      description: `This is served as ${mediaType}`,
    })
}
