import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import type { XRule } from '../../contract/openapi/extension.ts'
import type { Operation } from './plan.ts'
import type { OperationHint } from './plan-config.ts'

const ADMIN_PATH = /\/(admins?|internal|backoffice|back-office|management|superuser|moderation)(\/|$)/i
const ADMIN_TEXT =
  /\badmins?(istrators?)?[- ]only\b|\bonly (for )?(an? )?(admins?|administrators?|staff|moderators?)\b|\b(requires?|needs?|must have) (the |an? )?[\w"'` -]{0,20}(admin|administrator|staff|moderator)\b|\brequires? (the |an? )?role\b|\bfor administrators\b|^\[?admin\]?\b|\((admins?|administrators?|staff)\)/i
const PUBLIC_TEXT =
  /\bno (authentication|authorization|auth|login|sign-?in|token) (is )?(required|needed|necessary)\b|\bwithout (authentication|signing in|a token)\b|\bpublic(ly)? (available|accessible|endpoint)\b|\bunauthenticated\b/i

/** Who is meant to call: by hint, contract, security, path, tags, scopes and words, in this order. */
export function accessOf(
  read: ReadOperation,
  document: ReadDocument,
  hint: OperationHint | undefined,
): Operation['access'] {
  if (hint?.access) return hint.access
  if (read.extension) return accessOfRule(read.extension.access)
  if (read.openOnPurpose) return 'public'
  const words = `${read.summary}. ${read.description}`
  if (isAdmins(read, words)) return 'admin'
  if (read.security !== null) return 'signed-in'
  if (showsCredential(read)) return 'signed-in'
  if (PUBLIC_TEXT.test(words)) return 'public'
  const refuses = read.responses.some(({ status }) => status === '401')
  const others = document.operations.some((each) => each.security !== null || showsCredential(each))
  // Whoever declares 401 without a requirement has forgotten one or the other; a sign-in has it for wrong passwords.
  if (others) return refuses && read.method === 'GET' ? 'unknown' : 'public'
  return refuses && read.method === 'GET' ? 'signed-in' : 'unknown'
}

function isAdmins(read: ReadOperation, words: string): boolean {
  const schemes = read.security?.flat() ?? []
  return (
    ADMIN_PATH.test(read.path) ||
    read.tags.some((tag) => /^(admin|staff|back-?office|management)/i.test(tag)) ||
    read.scopes.some((scope) => /(^|[:._-])(admin|superuser|staff)([:._-]|$)/i.test(scope)) ||
    (schemes.length > 0 && schemes.every((name) => /admin/i.test(name))) ||
    ADMIN_TEXT.test(read.summary) ||
    ADMIN_TEXT.test(words) ||
    /^admin[A-Z_]/.test(read.operationId ?? '')
  )
}

/** Scopes of the server's own endpoints: whoever runs it has them, and nobody else. */
const OPERATORS: ReadonlySet<string> = new Set(['inventory:read', 'metrics:read'])

/** The credential as a declared parameter. */
const showsCredential = ({ parameters }: ReadOperation): boolean =>
  parameters.some(
    ({ in: where, name, required }) =>
      (where === 'header' && /^(authorization|x-?(api-?key|auth-?token|access-?token))$/i.test(name)) ||
      (where === 'cookie' && required && /sess|sid|token|auth/i.test(name)),
  )

function accessOfRule(rule: XRule): Operation['access'] {
  if ('anyone' in rule) return 'public'
  if ('any' in rule) {
    const kinds = rule.any.map(accessOfRule)
    return kinds.includes('public') ? 'public' : kinds.every((kind) => kind === 'admin') ? 'admin' : 'signed-in'
  }
  if ('all' in rule) return rule.all.some((each) => accessOfRule(each) === 'admin') ? 'admin' : 'signed-in'
  if ('scope' in rule) return OPERATORS.has(rule.scope) ? 'admin' : 'signed-in'
  return 'role' in rule ? 'admin' : 'signed-in'
}
