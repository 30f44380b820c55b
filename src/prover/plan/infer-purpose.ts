import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import type { AuthOperations, Purpose } from './plan.ts'

const AUTH: readonly (readonly [keyof AuthOperations, RegExp, readonly string[]])[] = [
  ['refresh', /refresh|renew/i, ['POST']],
  ['logout', /log-?out|sign-?out|session\/?$/i, ['POST', 'DELETE']],
  ['forgotPassword', /forgot|(reset|recover)[-_/]?(request|start)|password[-_/](reset|forgot)$/i, ['POST']],
  ['resetPassword', /reset[-_/]?(confirm|complete|finish)?$|password\/reset/i, ['POST', 'PUT']],
  ['changePassword', /change-?password|me\/password|password$/i, ['POST', 'PUT', 'PATCH']],
  ['register', /register|sign-?up|users$|accounts$/i, ['POST']],
  ['login', /log-?in|sign-?in|\/(session|token|auth)s?$|authenticate/i, ['POST']],
]

/** The operations of sign-in, by their paths and what their bodies ask for. */
export function inferAuth(document: ReadDocument): AuthOperations {
  const found: Partial<Record<keyof AuthOperations, string>> = {}
  for (const [key, pattern, methods] of AUTH)
    for (const operation of document.operations) {
      if (found[key] !== undefined || !methods.includes(operation.method) || !pattern.test(lastWords(operation.path)))
        continue
      if (Object.values(found).includes(operation.id) || !asks(operation, key)) continue
      found[key] = operation.id
    }
  const getter = (pattern: RegExp) =>
    document.operations.find(({ method, path }) => method === 'GET' && pattern.test(path))?.id ?? null
  return {
    login: found.login ?? null,
    register: found.register ?? null,
    logout: found.logout ?? null,
    refresh: found.refresh ?? null,
    changePassword: found.changePassword ?? null,
    forgotPassword: found.forgotPassword ?? null,
    resetPassword: found.resetPassword ?? null,
    jwks: getter(/jwks/i),
    whoAmI: getter(/\/(me|whoami|profile|self|session|user)$/i),
  }
}

const lastWords = (path: string): string => path.split('/').slice(-2).join('/')

/** Whether the body has what this step needs: a login without a password is none. */
function asks(operation: ReadOperation, key: keyof AuthOperations): boolean {
  const text = fieldNames(operation).join(' ')
  if (key === 'login') return /pass(word|phrase)?|pin|secret|code|api_?key/i.test(text)
  if (key === 'register') return /pass(word|phrase)/i.test(text)
  if (key === 'changePassword') return /pass(word|phrase)/i.test(text)
  return true
}

/** Names of body properties, two levels deep. */
export function fieldNames(operation: ReadOperation): readonly string[] {
  return (operation.body?.content ?? []).flatMap(({ schema }) =>
    Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [name, ...Object.keys(child.properties ?? {})]),
  )
}

/** What an operation is for, by method and path. */
export function purposeOf(operation: ReadOperation, auth: AuthOperations, document: ReadDocument): Purpose {
  const { id, method, path, extension } = operation
  if (extension?.signed) return 'webhook'
  const { login, register, logout, refresh, changePassword, forgotPassword, resetPassword } = auth
  if ([login, register, logout, refresh, changePassword, forgotPassword, resetPassword].includes(id)) return 'auth'
  if (/webhook|\/hooks?(\/|$)|callback/i.test(path) && method === 'POST' && operation.openOnPurpose) return 'webhook'
  const onItem = /\}\/?$/.test(path)
  const hasItems = document.operations.some((each) => each.path.startsWith(`${path.replace(/\/$/, '')}/{`))
  switch (method) {
    case 'GET':
      return onItem ? 'read' : hasItems || returnsList(operation) ? 'list' : 'other'
    case 'POST':
      return onItem ? 'action' : hasItems || createsByStatus(operation) ? 'create' : 'action'
    case 'PUT':
    case 'PATCH':
      return onItem ? 'update' : 'action'
    case 'DELETE':
      return onItem ? 'delete' : 'action'
    default:
      return 'other'
  }
}

const createsByStatus = ({ responses }: ReadOperation): boolean => responses.some(({ status }) => status === '201')

function returnsList({ responses }: ReadOperation): boolean {
  return responses.some(
    ({ status, content }) =>
      status.startsWith('2') &&
      content.some(({ schema }) =>
        [schema, ...Object.values(schema.properties ?? {})].some(
          (each) => each.type === 'array' && (each.items?.properties !== undefined || each.items?.type === 'object'),
        ),
      ),
  )
}
