import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Gate } from '../gate.ts'
import { answer, type Door } from './exchange.ts'
import { Exchanges } from './exchanges.ts'

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * The pipeline for plain `node:http`, mountable in an Express 5 application (`app.use(nodeHandler(gate))`): it sees the original target.
 * Mount it before any body parser: a body that was read already cannot be checked any more and gets a clear error.
 */
export function nodeHandler(gate: Gate): NodeHandler {
  return handlerOf({ gate, exchanges: new Exchanges(), shed: null, mounted: true })
}

export function handlerOf(door: Door): NodeHandler {
  return (request, response) => void answer(request, response, door)
}
