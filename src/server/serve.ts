import type { RequestListener } from 'node:http'
import type { Api } from '../contract/api.ts'
import type { Gate } from '../gate.ts'
import type { Door } from './exchange.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'
import { handlerOf } from './node-handler.ts'
import { type OpenGate, openGate } from './open-gate.ts'
import { type ParsedOptions, parseServeOptions, type ServeOptions } from './serve-options.ts'

export interface Running {
  /** `http://127.0.0.1:3000`, without a slash at the end. */
  readonly url: string
  readonly gate: Gate
  /**
   * Takes no new connections, lets open requests finish (at most `shutdownSeconds`), ends outbound calls, and stores and signs what was
   * audited. Nothing that was acknowledged is lost. The state stays open unless `ownsState` is set.
   */
  close(): Promise<void>
}

/**
 * Serves an API. It prints nothing but log lines.
 * @throws {StartupError} With every fault of the settings and the contract at once; nothing is open or written then.
 * @throws {TypeError} When `keys.json` is missing over existing data. @throws When the port cannot be had.
 */
export async function serve(api: Api, options: ServeOptions): Promise<Running> {
  const parsed = parseServeOptions(api, options, 'serve')
  const opened = await openGate(api, parsed, false)
  const host = await openHost(opened.door, parsed)
  const shutdown = once(async () => {
    await host.stop(parsed.shutdownSeconds)
    await opened.close()
  })
  try {
    const port = await host.http.listen(parsed.host, parsed.port)
    const name = parsed.host.includes(':') ? `[${parsed.host}]` : parsed.host
    const url = `${parsed.tls ? 'https' : 'http'}://${name}:${port}`
    const { gate } = opened.door
    gate.log.info(
      { url, adapter: parsed.adapter, endpoints: api.endpoints.length, state: gate.state.describe.kind },
      `${api.title} is served`,
    )
    const forget = parsed.handleSignals ? closeOnSignals(shutdown, gate) : () => {}
    return {
      url,
      gate,
      async close() {
        forget()
        await shutdown()
      },
    }
  } catch (error) {
    await closeAfterFailure(opened)
    throw error
  }
}

interface Host {
  readonly http: HttpServer
  stop(seconds: number): Promise<void>
}

async function openHost(door: Door, { http: settings, tls, adapter }: ParsedOptions): Promise<Host> {
  const handler = handlerOf(door)
  if (adapter === 'node') {
    const http = createHttpServer(handler, settings, tls, door)
    return { http, stop: (seconds) => http.stop(seconds) }
  }
  const { fastifyHost } = await import('./fastify-host.ts')
  let http: HttpServer | undefined
  const fastify = await fastifyHost(handler, (listener: RequestListener) => {
    http = createHttpServer(listener, settings, tls, door)
    return http.server
  })
  if (!http) throw new TypeError('Fastify made no server')
  const made = http
  return {
    http: made,
    async stop(seconds) {
      await made.stop(seconds)
      await fastify.close()
    },
  }
}

/** The failure is what is told; what goes wrong while closing after it would only hide it. */
async function closeAfterFailure(opened: OpenGate): Promise<void> {
  await opened.close().catch(() => {})
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => (done ??= work())
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** The first signal closes and ends the process; a second one ends it at once. */
function closeOnSignals(shutdown: () => Promise<void>, { log }: Gate): () => void {
  let signalled = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (signalled) process.exit(1)
    signalled = true
    log.info({ signal }, 'closing: open requests finish first')
    shutdown().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error: String(error) }, 'closing failed')
        process.exit(1)
      },
    )
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}
