import type { ServerOptions as HttpServerOptions } from 'node:http'
import type { ServerOptions as HttpsServerOptions } from 'node:https'
import { Secret } from '../base/secret.ts'
import type { Api } from '../contract/api.ts'
import { strictNumbers } from './strict-numbers.ts'

/** How long and how large a connection may be. Every time-out is set; none can be off (OWASP API4). */
export interface HttpOptions {
  /** From the first byte of a request to its last, body included. Default 30,000. */
  readonly requestTimeoutMilliseconds?: number
  /** From the first byte to the end of the headers. Default 10,000. */
  readonly headersTimeoutMilliseconds?: number
  /** How long a connection may wait for its next request. Default 65,000: longer than common load balancers keep theirs. */
  readonly keepAliveTimeoutMilliseconds?: number
  /** How long nothing may move on a connection. Default 120,000; it must be longer than every endpoint's own deadline. */
  readonly connectionTimeoutMilliseconds?: number
  /** Default 1,000. */
  readonly maxRequestsPerSocket?: number
  /** Target and headers as the parser counts them. Default 32,768; the pipeline's own limits are lower and answer more exactly. */
  readonly maxHeaderBytes?: number
  /** Connections at the same time; further ones are dropped. Default 10,000. */
  readonly maxConnections?: number
}
export type HttpSettings = Readonly<Required<HttpOptions>>

/** TLS 1.2 or newer; HTTP/1.1 only. */
export interface TlsOptions {
  /** PEM. */
  readonly key: string | Buffer | Secret
  /** PEM, the chain included. */
  readonly cert: string | Buffer
  /** Authorities of client certificates, PEM. */
  readonly ca?: string | Buffer
  /** Only clients with a certificate of `ca` may connect (mutual TLS). Default false. */
  readonly requireClientCertificate?: boolean
  /** Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** @param faults - Gets a line for each unknown key, each value out of range and each pair that contradicts itself. */
export function parseHttpOptions(given: HttpOptions, api: Api, faults: string[]): HttpSettings {
  const longest = Math.max(0, ...api.endpoints.map(({ limit }) => limit.timeoutMilliseconds))
  const milliseconds = (fallback: number) => ({ default: fallback, min: 100, max: 3_600_000 })
  const settings = strictNumbers(
    'http',
    given,
    {
      requestTimeoutMilliseconds: milliseconds(30_000),
      headersTimeoutMilliseconds: milliseconds(Math.min(10_000, given.requestTimeoutMilliseconds ?? 10_000)),
      keepAliveTimeoutMilliseconds: milliseconds(65_000),
      connectionTimeoutMilliseconds: milliseconds(Math.max(120_000, longest + 10_000)),
      maxRequestsPerSocket: { default: 1000, min: 1, max: 1_000_000 },
      maxHeaderBytes: { default: 32_768, min: 1024, max: 1_048_576 },
      maxConnections: { default: 10_000, min: 1, max: 1_000_000 },
    },
    faults,
  )
  const {
    requestTimeoutMilliseconds: request,
    headersTimeoutMilliseconds: headers,
    connectionTimeoutMilliseconds: connection,
  } = settings
  if (headers > request)
    faults.push(
      `http.headersTimeoutMilliseconds is ${headers}; it cannot be longer than the whole request (${request})`,
    )
  if (connection <= longest)
    faults.push(
      `http.connectionTimeoutMilliseconds is ${connection}; it must be longer than the longest deadline of an endpoint (${longest})`,
    )
  return settings
}

const TLS_KEYS = ['key', 'cert', 'ca', 'requireClientCertificate', 'minVersion']

/** @param faults - Gets a line for each unknown key and each value that cannot be. */
export function parseTls(given: TlsOptions, faults: string[]): HttpsServerOptions {
  for (const key of Object.keys(given))
    if (!TLS_KEYS.includes(key)) faults.push(`unknown setting "tls.${key}"; tls takes ${TLS_KEYS.join(', ')}`)
  const { key, cert, ca, requireClientCertificate = false, minVersion = 'TLSv1.2' } = given
  if (!key || !cert) faults.push('tls needs a key and a cert, in PEM')
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3')
    faults.push(`tls.minVersion is "${minVersion}"; it must be TLSv1.2 or TLSv1.3`)
  if (requireClientCertificate && ca === undefined)
    faults.push('tls.requireClientCertificate needs tls.ca: the authority whose certificates are taken')
  return {
    key: key instanceof Secret ? key.reveal() : key,
    cert,
    ...(ca === undefined ? {} : { ca }),
    requestCert: requireClientCertificate,
    rejectUnauthorized: requireClientCertificate,
    minVersion,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: 10_000,
  }
}

/** The options of Node's own server. */
export function nodeOptions(settings: HttpSettings): HttpServerOptions {
  const { requestTimeoutMilliseconds: requestTimeout, headersTimeoutMilliseconds: headersTimeout } = settings
  return {
    requestTimeout,
    headersTimeout,
    keepAliveTimeout: settings.keepAliveTimeoutMilliseconds,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(headersTimeout / 2)),
    maxHeaderSize: settings.maxHeaderBytes,
    insecureHTTPParser: false,
    // The transport guard answers with a problem document.
    requireHostHeader: false,
  }
}
