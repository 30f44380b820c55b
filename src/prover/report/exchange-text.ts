import type { Exchange } from '../engine/exchange.ts'

/** `200`, or why no answer came. */
export const statusText = ({ response }: Exchange): string => response.failure ?? String(response.status)

/** `bob GET http://… → 200 {"id":…`: an exchange on one line, its body cut. */
export function exchangeLine(exchange: Exchange, maxBody = 120): string {
  const { as, request, response } = exchange
  const body = response.body.replaceAll(/\s+/g, ' ').trim()
  const shown = body.length > maxBody ? `${body.slice(0, maxBody)}…` : body
  return `${as} ${request.method} ${request.url} → ${statusText(exchange)}${shown === '' ? '' : ` ${shown}`}`
}
