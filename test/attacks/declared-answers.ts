import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { REFUSALS } from '../../src/base/refusal.ts'
import type { Endpoint } from '../../src/contract/endpoint.ts'
import { type OpenApiDocument, toOpenApi } from '../../src/contract/to-openapi.ts'
import { canonicalTarget } from '../../src/guards/transport/canonical-target.ts'
import type { Target } from './harness.ts'
import type { Answer } from './http-client.ts'

interface Declared {
  readonly content?: Readonly<Record<string, unknown>>
  readonly $ref?: string
}

/**
 * Every answer that the contract does not declare, in words: statuses, media types, and members that the schema of a reply does not have.
 * The document is the one that clients get; the schemas are judged by ajv.
 */
export function undeclaredAnswers(target: Target): readonly string[] {
  const document = toOpenApi(target.api)
  const judge = replyJudge(document)
  const faults = new Set<string>()
  for (const answer of target.answers) {
    const fault =
      answer.status >= 400 ? problemFault(answer, target, document) : replyFault(answer, target, document, judge)
    if (fault !== null) faults.add(`${answer.sent.method} ${answer.sent.target} answered ${answer.status}: ${fault}`)
  }
  return [...faults]
}

/** A refusal is a problem document with a code of ours, its own status, and, where an endpoint was found, declared by it. */
function problemFault(answer: Answer, target: Target, document: OpenApiDocument): string | null {
  if (answer.sent.method === 'HEAD') return answer.text === '' ? null : 'a body for HEAD'
  if (!answer.headers['content-type']?.startsWith('application/problem+json'))
    return `content type ${answer.headers['content-type']}`
  const { code, status, requestId } = answer.json ?? {}
  if (!Object.hasOwn(REFUSALS, code) || status !== answer.status) return `the problem says ${status} ${code}`
  const id = target.walks.get(requestId)?.endpoint
  const endpoint = target.api.endpoints.find((each) => each.id === id)
  if (!endpoint || operationOf(document, endpoint)?.[answer.status]) return null
  return `${endpoint.id} does not declare it (${code})`
}

function replyFault(
  answer: Answer,
  target: Target,
  document: OpenApiDocument,
  judge: ReturnType<typeof replyJudge>,
): string | null {
  const endpoint = endpointOf(answer, target)
  if (endpoint === 'a preflight') return null
  if (endpoint === null) return 'a success on a path that no endpoint has'
  if (!target.api.endpoints.includes(endpoint)) return null
  const declared = operationOf(document, endpoint)?.[answer.status]
  if (!declared) return `${endpoint.id} does not declare it`
  const [mediaType] = Object.keys(declared.content ?? {})
  if (mediaType === undefined || answer.sent.method === 'HEAD')
    return answer.text === '' ? null : 'a body where none is declared'
  if (!answer.headers['content-type']?.startsWith(mediaType)) return `content type ${answer.headers['content-type']}`
  return judge(endpoint, answer)
}

function endpointOf({ sent: { method, target: rawTarget } }: Answer, target: Target): Endpoint | 'a preflight' | null {
  if (method === 'OPTIONS') return 'a preflight'
  try {
    return target.gate.inventory.find(method, canonicalTarget(rawTarget).segments).endpoint
  } catch {
    return null
  }
}

function operationOf(document: OpenApiDocument, endpoint: Endpoint): Readonly<Record<number, Declared>> | undefined {
  const path = document.paths[endpoint.path.replaceAll(/:([A-Za-z0-9]+)/g, '{$1}')]
  return path?.[endpoint.method.toLowerCase()]?.responses as Readonly<Record<number, Declared>> | undefined
}

function replyJudge(document: OpenApiDocument): (endpoint: Endpoint, answer: Answer) => string | null {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: 'document', components: document.components } as object)
  const compiled = new Map<string, ValidateFunction>()
  return (endpoint, answer) => {
    const key = `${endpoint.id} ${answer.status}`
    const validate =
      compiled.get(key) ?? ajv.compile(schemaOf(operationOf(document, endpoint)?.[answer.status]) as object)
    compiled.set(key, validate)
    return validate(answer.json) ? null : ajv.errorsText(validate.errors)
  }
}

/** The references of the document, as ajv finds them. */
function schemaOf(declared: Declared | undefined): unknown {
  const [content] = Object.values(declared?.content ?? {}) as { readonly schema?: unknown }[]
  return JSON.parse(JSON.stringify(content?.schema ?? {}).replaceAll('"#/components/', '"document#/components/'))
}
