import type { Rule } from '../finding.ts'

const MOST_JSON = 1_000_000

export const bodySize: Rule = {
  id: 'body-size',
  risk: 'API4',
  asvs: '2.2.1',
  severity: 'warning',
  title: 'A JSON body is at most 1 MB, and a file fits its limit',
  *check(api) {
    for (const endpoint of api.endpoints) {
      const { body, limit } = endpoint
      const upload = body !== null && 'kind' in body && body.kind === 'upload' ? body : null
      if (upload && upload.maxBytes > limit.maxBytes) {
        yield {
          endpoint,
          severity: 'error',
          message: `a file may have ${upload.maxBytes} bytes, but its limit ends at ${limit.maxBytes}`,
          fix: `limit: { rate: '10/minute', maxBytes: ${upload.maxBytes} }`,
        }
      }
      if (!upload && limit.maxBytes > MOST_JSON)
        yield { endpoint, message: `a JSON body of ${limit.maxBytes} bytes is parsed at once`, fix: `maxBytes: 65_536` }
    }
  },
}
