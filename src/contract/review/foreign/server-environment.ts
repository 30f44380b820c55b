import type { ForeignRule } from './foreign-rule.ts'

const NAMED =
  /\b(?:prod(?:uction)?|live|stag(?:ing|e)|test(?:ing)?|sandbox|dev(?:elopment)?|local(?:host)?|qa|uat|demo|preview|mock)\b/i
const NOT_PUBLIC =
  /localhost|127\.0\.0\.1|\[::1\]|\/\/(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.|\/\/(?:[^/]*[.-])?(?:dev|test|testing|stage|staging|qa|uat|internal|intra|local|preprod|sandbox)(?:[.:/-]|$)/i

export const serverEnvironment: ForeignRule = {
  id: 'server-environment',
  risk: 'API9',
  asvs: null,
  severity: 'info',
  title: 'Each server names its environment, and none that is not for the public is listed',
  *check({ serverNotes }) {
    for (const { url, description, internal } of serverNotes) {
      if (NOT_PUBLIC.test(url) && internal !== true)
        yield {
          severity: 'warning',
          message: `the server ${url} is not for the public: it tends to be weaker, and this document tells where it is`,
          fix: `servers: [{ url: ${url}, x-internal: true }], in a document for those who need it`,
        }
      else if (serverNotes.length > 1 && !NAMED.test(`${description} ${url}`))
        yield {
          message: `the server ${url} does not name its environment`,
          fix: `servers: [{ url: ${url}, description: Production }]`,
        }
    }
  },
}
