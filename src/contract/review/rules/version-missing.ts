import type { Rule } from '../finding.ts'

export const versionMissing: Rule = {
  id: 'version-missing',
  risk: 'API9',
  asvs: null,
  severity: 'info',
  title: 'A path names its version',
  *check(api) {
    for (const endpoint of api.endpoints) {
      // RFC 8615 fixes these paths.
      if (endpoint.path.startsWith('/.well-known/')) continue
      if (!endpoint.segments.some((segment) => 'literal' in segment && /^v\d+$/.test(segment.literal)))
        yield {
          endpoint,
          message: 'its path has no version, so that it cannot be replaced side by side',
          fix: `${endpoint.method} /v1${endpoint.path}`,
        }
    }
  },
}
