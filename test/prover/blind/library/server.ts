import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import type { Context } from './model.ts'

export interface Started {
  readonly url: string
  close(): Promise<void>
}

const every = Array.from({ length: 28 }, (_, index) => `F${String(index + 1).padStart(2, '0')}`)

/** As `start`, with a chosen set and a view of the memory behind it. */
export async function launch(faults: readonly string[]): Promise<Started & { readonly context: Context }> {
  const { app, context } = await createApp(new Set(faults))
  const server = createServer({ requestTimeout: 15_000, headersTimeout: 10_000 }, app)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    context,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

/** Listens on 127.0.0.1, a free port. State is kept in memory and fresh at each start. */
export async function start(options: { readonly planted: boolean }): Promise<Started> {
  const { url, close } = await launch(options.planted ? every : [])
  return { url, close }
}
