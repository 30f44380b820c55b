import type { ReadDocument } from '../../contract/from-openapi/document.ts'
import { parseDocumentText } from '../../contract/from-openapi/parse-document.ts'
import { readDocument } from '../../contract/from-openapi/read-document.ts'
import { WrongUse } from '../wrong-use.ts'
import { readText } from './read-text.ts'

/** Bytes of a document: the largest public ones have about 15 million. */
const MAX_BYTES = 33_554_432
const TIMEOUT_MILLISECONDS = 15_000
const MOST_REDIRECTS = 4

const USUAL = [
  '/openapi.json',
  '/openapi.yaml',
  '/swagger.json',
  '/v3/api-docs',
  '/api-docs',
  '/api/openapi.json',
  '/docs/openapi.json',
  '/openapi',
]

/** The document that the API itself publishes. @throws {WrongUse} When none is found, or the API cannot be reached. */
export async function published(base: URL, runId: string): Promise<ReadDocument> {
  let refused: string | null = null
  for (const path of pathsBelow(base)) {
    const url = new URL(path, base)
    const answer = await fetched(url, runId)
    if (answer.status === 401 || answer.status === 403) refused ??= `${path} answers ${answer.status}`
    if (answer.text === null) continue
    try {
      return readDocument(parseDocumentText(answer.text, url.href))
    } catch {
      // A page or another document under a usual name.
    }
  }
  throw new WrongUse(
    refused === null
      ? `${base.origin} publishes no OpenAPI document at ${USUAL.slice(0, 4).join(', ')} …; name one with --openapi, or a recording with --har`
      : `${base.origin}: ${refused}; save the document as a file and name it with --openapi`,
  )
}

/** Below the path of the URL, and where that finds none, below the root. */
function pathsBelow({ pathname }: URL): readonly string[] {
  const below = pathname.replace(/\/$/, '')
  return [...new Set([...USUAL.map((path) => `${below}${path}`), ...USUAL])]
}

/** Reads an OpenAPI document from a file or an address. @throws {WrongUse} When it cannot be read, or names no operation. */
export async function documentAt(place: string, runId?: string): Promise<ReadDocument> {
  const text = /^https?:/.test(place) ? await documentFrom(place, runId) : await readText(place)
  return understood(() => {
    const found = readDocument(parseDocumentText(text, place))
    if (found.operations.length === 0)
      throw new TypeError(
        'it names no operation, so there is nothing to attack; is it an OpenAPI 3 document with paths?',
      )
    return found
  }, place)
}

async function documentFrom(place: string, runId: string | undefined): Promise<string> {
  if (!URL.canParse(place)) throw new WrongUse(`"${place}" is no URL`)
  const { status, text, mediaType, movedTo } = await fetched(new URL(place), runId)
  if (movedTo !== null)
    throw new WrongUse(`"${place}" redirects to ${movedTo}; if that is right, name it with --openapi ${movedTo}`)
  if (text === null)
    throw new WrongUse(
      `"${place}" answers ${status}${status === 401 || status === 403 ? '; save the document as a file and name that' : ''}`,
    )
  if (/html/i.test(mediaType) || /^\s*<(?:!doctype|html)/i.test(text))
    throw new WrongUse(`"${place}" is a page; name the address of the document that it shows (often …/openapi.json)`)
  return text
}

function understood(read: () => ReadDocument, place: string): ReadDocument {
  try {
    return read()
  } catch (error) {
    throw new WrongUse(`"${place}" cannot be used: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

interface Fetched {
  readonly status: number
  readonly mediaType: string
  /** Null unless it was answered 2xx. */
  readonly text: string | null
  /** Another origin that it redirects to. */
  readonly movedTo: string | null
}

/** Redirects are followed within the origin alone. */
async function fetched(start: URL, runId: string | undefined): Promise<Fetched> {
  let url = start
  for (let redirects = 0; ; redirects++) {
    const answer = await asked(url, runId)
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
    if (location !== null) await answer.body?.cancel()
    if (location === null || !URL.canParse(location, url.href))
      return {
        status: answer.status,
        mediaType: answer.headers.get('content-type') ?? '',
        text: answer.ok ? await bounded(answer, url) : null,
        movedTo: null,
      }
    const next = new URL(location, url)
    if (next.origin !== url.origin) return { status: answer.status, mediaType: '', text: null, movedTo: next.href }
    if (redirects === MOST_REDIRECTS) return { status: answer.status, mediaType: '', text: null, movedTo: null }
    url = next
  }
}

async function asked(url: URL, runId: string | undefined): Promise<Response> {
  try {
    return await fetch(url, {
      redirect: 'manual',
      headers: { ...(runId === undefined ? {} : { 'X-Turnpike-Run': runId }), Accept: 'application/json, */*;q=0.5' },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    })
  } catch (error) {
    throw new WrongUse(unreachable(url, error), { cause: error })
  }
}

/** Why an address cannot be reached, with what to do. */
export function unreachable(url: URL, error: unknown): string {
  const { name, message, cause } = error as Error
  const known = cause as { code?: string; message?: string } | undefined
  const code = known?.code ?? (name === 'TimeoutError' ? 'no answer in time' : (known?.message ?? message))
  const advice = /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code)
    ? '; make its certificate known: NODE_EXTRA_CA_CERTS=ca.pem turnpike prove …'
    : /SSL|EPROTO|WRONG_VERSION/.test(code)
      ? '; is it http:// there?'
      : code === 'ECONNREFUSED'
        ? '; is it running, and is the port right?'
        : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
          ? '; is the name right?'
          : ''
  return `${url.origin} cannot be reached (${code})${advice}`
}

async function bounded(answer: Response, url: URL): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length
      if (bytes > MAX_BYTES)
        throw new WrongUse(`${url.href} has more than ${MAX_BYTES} bytes; save what belongs to the API as a file`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof WrongUse) throw error
    throw new WrongUse(`${url.href} broke off: ${(error as Error).message}`, { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}
