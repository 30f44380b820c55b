import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import { type SchemaNode, schemaNodes } from '../../contract/from-openapi/schema-nodes.ts'
import type { AuthOperations } from './plan.ts'

type Step = Exclude<keyof AuthOperations, 'jwks' | 'whoAmI'>

interface Sign {
  readonly step: Step
  /** In the last two literals of the path, or in the operationId. */
  readonly words: RegExp
  readonly methods: readonly string[]
  /** What the body must ask for. */
  asks(fields: Fields, operation: ReadOperation): boolean
}

interface Fields {
  readonly passwords: number
  readonly names: string
}

const always = () => true

/** In this order: what is more special first, since `password` alone would take it. */
const SIGNS: readonly Sign[] = [
  { step: 'refresh', words: /refresh|renew/i, methods: ['POST'], asks: always },
  {
    step: 'logout',
    words: /log-?_?out|sign-?_?out|log-?off|(sessions?(\/current|\/me)?|token)\/?$/i,
    methods: ['POST', 'DELETE', 'GET'],
    asks: ({ passwords }, { method, path }) => /out|off/i.test(path) || (method === 'DELETE' && passwords === 0),
  },
  {
    step: 'forgotPassword',
    words:
      /forgot|forgotten|lost|recover|(reset|recovery)[-_/]?(request|start|link|email)|password[-_/]?resets?$|request[-_]?password/i,
    methods: ['POST'],
    asks: ({ passwords }) => passwords === 0,
  },
  {
    step: 'resetPassword',
    words: /reset|recover|set-?_?password/i,
    methods: ['POST', 'PUT', 'PATCH'],
    asks: ({ passwords, names }, { path }) =>
      passwords > 0 && (/token|code|otp|key|secret/i.test(names) || /token|code|\}/i.test(path)),
  },
  {
    step: 'changePassword',
    words: /(change|update|edit)[-_]?password|passwords?[-_/](change|update|edit)|passwords?$/i,
    methods: ['POST', 'PUT', 'PATCH'],
    asks: ({ passwords }) => passwords > 0,
  },
  {
    step: 'login',
    words:
      /log-?_?in\b|login|sign-?_?in|signin|log-?_?on|\b(sessions?|tokens?|auth|oauth|authenticate|authentication)$/i,
    methods: ['POST'],
    asks: ({ passwords, names }) => passwords === 1 && !/first_?name|confirm/i.test(names),
  },
  {
    step: 'register',
    words:
      /regist(er|ration)|sign-?_?up|signup|create-?_?account|enrol|(users|accounts|customers|members|patients|user)$/i,
    methods: ['POST'],
    asks: ({ passwords }) => passwords > 0,
  },
]

/** The operations of sign-in, by their paths and what their bodies ask for. */
export function inferAuth(document: ReadDocument): AuthOperations {
  const found: Partial<Record<Step, string>> = {}
  const taken = new Set<string>()
  for (const { step, words, methods, asks } of SIGNS) {
    const candidates = document.operations
      .filter((operation) => methods.includes(operation.method) && !taken.has(operation.id))
      .filter((operation) => asks(fieldsOf(operation), operation))
      .map((operation) => ({ operation, weight: weightOf(operation, words, step) }))
      .filter(({ weight }) => weight > 0)
      .sort((one, other) => other.weight - one.weight)
    const [best] = candidates
    if (!best) continue
    found[step] = best.operation.id
    taken.add(best.operation.id)
  }
  return {
    login: found.login ?? null,
    register: found.register ?? null,
    logout: found.logout ?? null,
    refresh: found.refresh ?? null,
    changePassword: found.changePassword ?? null,
    forgotPassword: found.forgotPassword ?? null,
    resetPassword: found.resetPassword ?? null,
    jwks: document.operations.find(({ method, path }) => method === 'GET' && /jwks/i.test(path))?.id ?? null,
    whoAmI: whoAmI(document),
  }
}

/** Whether an operation is a step of sign-in although the plan has another one for it: an older version, an admin's. */
export function isSignIn(operation: ReadOperation): boolean {
  return SIGNS.some(
    (sign) =>
      sign.step !== 'register' &&
      sign.methods.includes(operation.method) &&
      sign.asks(fieldsOf(operation), operation) &&
      weightOf(operation, sign.words, sign.step) > 1 &&
      /auth|log-?_?(in|out)|sign-?_?(in|out)|session|token|password|refresh/i.test(operation.path),
  )
}

/** Paths weigh more than names; the sign-in of admins and old versions less than that of everybody. */
function weightOf(operation: ReadOperation, words: RegExp, step: Step): number {
  const { path, operationId, deprecated } = operation
  const literals = path.split('/').filter((segment) => segment !== '' && !segment.includes('{'))
  // A child of an object, such as `/orders/{id}/refresh`, is no sign-in.
  if (path.includes('{') && !/token|code|key/i.test(path)) return 0
  const inPath = words.test(literals.at(-1) ?? '') ? 4 : words.test(literals.slice(-2).join('/')) ? 3 : 0
  const inName = operationId !== null && words.test(operationId) ? 2 : 0
  const weight = inPath + inName
  if (weight === 0) return 0
  const byAdmin = /admin/i.test(path) || operation.tags.some((tag) => /admin/i.test(tag))
  if (step === 'register' && byAdmin) return 0
  // Signed-in callers do not register.
  if (step === 'register' && operation.security !== null && !/regist|sign-?_?up/i.test(path)) return 0
  return (
    weight - (byAdmin ? 2 : 0) - (deprecated ? 1 : 0) - (/social|google|github|facebook|saml|sso/i.test(path) ? 2 : 0)
  )
}

function fieldsOf({ body }: ReadOperation): Fields {
  const names = new Set<string>()
  for (const { schema, examples } of body?.content ?? []) {
    for (const { name } of shallow(schemaNodes(schema, { most: 80 }))) if (name !== null) names.add(name)
    for (const example of examples)
      if (typeof example === 'object' && example !== null) for (const name of Object.keys(example)) names.add(name)
  }
  const all = [...names]
  return {
    passwords: all.filter((name) => /pass(word|phrase|code|wd)?$|^pin$|^secret$|^(client|api)_?secret$/i.test(name))
      .length,
    names: all.join(' '),
  }
}

function* shallow(nodes: Iterable<SchemaNode>): Generator<SchemaNode> {
  for (const node of nodes) if (node.at.split('/').length <= 4) yield node
}

function whoAmI({ operations }: ReadDocument): string | null {
  const readers = operations.filter(
    ({ method, path, openOnPurpose }) => method === 'GET' && !path.includes('{') && !openOnPurpose,
  )
  for (const pattern of [
    /\/(me|whoami|who-am-i)\/?$/i,
    /\/(self|current-?_?user|userinfo|current)\/?$/i,
    /\/(user|profile|account)\/?$/i,
    /\/session\/?$/i,
  ]) {
    const found = readers.find(({ path }) => pattern.test(path))
    if (found) return found.id
  }
  return null
}
