import type { StreamBody } from '../contract/reply.ts'

/** What goes back to the host. Header names are in lower case. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: StreamBody | null
}
