import type { RequestListener } from 'node:http'
import { type FastifyInstance, type FastifyServerFactory, fastify } from 'fastify'
import type { NodeHandler } from './node-handler.ts'

const ROUTED = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * Fastify 5 as a host. It gets every request, whatever its method and path, and hands it on before it routes, parses or answers anything:
 * its router sees `/` only, and the target that the client sent stays where the pipeline looks for it.
 * @param serverFactory - Makes the server around Fastify's listener.
 */
export async function fastifyHost(
  handler: NodeHandler,
  serverFactory: (listener: RequestListener) => ReturnType<FastifyServerFactory>,
): Promise<FastifyInstance> {
  const host = fastify({
    serverFactory: (listener) => serverFactory(except(ROUTED, listener as RequestListener, handler)),
    rewriteUrl: () => '/',
    logger: false,
    exposeHeadRoutes: false,
    // A request on an open connection is answered to the end, also while the server stops.
    return503OnClosing: false,
    frameworkErrors: (_error, request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    },
    // What the parser cannot read is refused where the server is made, for every host.
    clientErrorHandler: () => {},
  })
  host.removeAllContentTypeParsers()
  // The hook never calls `done`: Fastify's own steps (body parser, handler, serializer) are not reached.
  host.addHook('onRequest', (request, reply, _done) => {
    reply.hijack()
    handler(request.raw, reply.raw)
  })
  host.route({ method: [...ROUTED], url: '/', handler: unreachable })
  host.setNotFoundHandler(unreachable)
  await host.ready()
  return host
}

/** Fastify answers methods that its router does not know by itself; they never reach it. */
function except(methods: ReadonlySet<string>, listener: RequestListener, handler: NodeHandler): RequestListener {
  return (request, response) => {
    if (methods.has(request.method ?? '')) listener(request, response)
    else handler(request, response)
  }
}

function unreachable(): never {
  throw new TypeError('the request passed the hook that answers every request')
}
