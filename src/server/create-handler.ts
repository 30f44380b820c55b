import type { Api } from '../contract/api.ts'
import type { Gate } from '../gate.ts'
import { handlerOf, type NodeHandler } from './node-handler.ts'
import { openGate } from './open-gate.ts'
import { type HandlerOptions, parseServeOptions } from './serve-options.ts'

export interface MountedHandler {
  readonly handler: NodeHandler
  readonly gate: Gate
  /** Waits for open requests, at most `shutdownSeconds`; then as `close` of a server. Stop the server in front first. */
  close(): Promise<void>
}

/**
 * The pipeline as a handler, for an Express 5 application (`app.use(handler)`, before any body parser) or a server of your own.
 * Time-outs, header sizes and TLS are then that server's business.
 * @throws {StartupError} As `serve`.
 */
export async function createHandler(api: Api, options: HandlerOptions): Promise<MountedHandler> {
  const parsed = parseServeOptions(api, options, 'createHandler')
  const { door, close } = await openGate(api, parsed, true)
  let closed: Promise<void> | null = null
  const shutdown = async () => {
    door.exchanges.close()
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((done) => {
      timer = setTimeout(done, parsed.shutdownSeconds * 1000)
    })
    await Promise.race([door.exchanges.idle(), patience])
    clearTimeout(timer)
    await close()
  }
  return { handler: handlerOf(door), gate: door.gate, close: () => (closed ??= shutdown()) }
}
