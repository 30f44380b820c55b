import { anyone, scope } from '../../contract/access.ts'
import type { Api } from '../../contract/api.ts'
import { type Endpoint, endpoint } from '../../contract/endpoint.ts'
import { stream } from '../../contract/reply.ts'
import { docsPage } from '../docs/page.ts'
import { DOCS_STYLE } from '../docs/style.ts'
import { INVENTORY_SCOPE } from './open-api.ts'

/** `/docs`, built once: for everyone where the API publishes its documentation, otherwise for whoever may see the inventory. */
export function docsEndpoints(api: Api, builtIn: readonly Endpoint[]): readonly Endpoint[] {
  const shared = {
    tags: ['server'],
    access: api.publicDocs ? anyone('the API publishes its documentation') : scope(INVENTORY_SCOPE),
    ...(api.publicDocs ? {} : { clients: INVENTORY_SCOPE }),
    limit: '120/minute',
  } as const
  let html: string | null = null
  const page: Endpoint = endpoint('GET /docs', {
    ...shared,
    summary: 'The documentation as a page',
    reply: stream('text/html; charset=utf-8', 'the contract holds no data of anybody', { page: true }),
    handle: () => (html ??= docsPage(api, [...builtIn, page, style])),
  })
  const style: Endpoint = endpoint('GET /docs/style.css', {
    ...shared,
    summary: 'The style of the documentation',
    reply: stream('text/css; charset=utf-8', 'a style sheet'),
    handle: () => DOCS_STYLE,
  })
  return [page, style]
}
