import type { ReadDocument } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { leavesOf, withAt } from '../pointer.ts'
import type { CredentialPlace, LoginRecipe } from './plan.ts'
import { sampleOf } from './sample.ts'

/** How to sign in, with `{username}` and `{password}` where an account's own values go. */
export interface InferredLogin {
  readonly recipe: LoginRecipe
  readonly place: CredentialPlace
}

const USERNAME = /e-?mail|login|user_?name|^user$|^name$|phone/i
const PASSWORD = /pass(word|phrase|code)?$|^pin$|secret/i
const TOKEN = /^(access_?token|token|jwt|id_?token|auth_?token|bearer|session_?token|api_?key)$/i

/** The login of a document: what its body asks for, and where its reply holds the token. Null where it cannot be told. */
export function inferLogin(document: ReadDocument, loginId: string | null): InferredLogin | null {
  const operation = document.operations.find(({ id }) => id === loginId)
  const content = operation?.body?.content.find(({ mediaType }) => /json|form/.test(mediaType))
  if (!operation || !content) return null
  let body = sampleOf(content.schema, { random: () => 0.5, optional: false })
  if (leavesOf(body).next().value?.at === '') body = sampleOf(content.schema, { random: () => 0.5 })
  const leaves = [...leavesOf(body)]
  const named = (pattern: RegExp) => leaves.find(({ at }) => pattern.test(at.split('/').at(-1) ?? ''))?.at
  const [username, password] = [named(USERNAME), named(PASSWORD)]
  if (username === undefined || password === undefined) return null
  body = withAt(withAt(body, username, '{username}'), password, '{password}')
  const token = tokenPlace(operation.responses)
  return {
    recipe: {
      url: operation.path,
      method: operation.method,
      mediaType: content.mediaType,
      headers: {},
      body,
      token: token.token,
      also: {},
    },
    place: token.place ?? placeOf(document),
  }
}

/** The same recipe with an account's values in it. */
export function fillRecipe(recipe: LoginRecipe, account: { username: string; password: string }): LoginRecipe {
  let body = recipe.body
  for (const { at, value } of [...leavesOf(recipe.body)])
    if (typeof value === 'string' && /\{(username|password)\}/.test(value))
      body = withAt(
        body,
        at,
        value.replaceAll(/\{(username|password)\}/g, (_, key: 'username' | 'password') => account[key]),
      )
  return { ...recipe, body }
}

function tokenPlace(responses: ReadDocument['operations'][number]['responses']): {
  readonly token: LoginRecipe['token']
  readonly place: CredentialPlace | null
} {
  const good = responses.filter(({ status }) => status.startsWith('2'))
  for (const { content } of good)
    for (const { schema } of content) {
      const pointer = findToken(schema, '', 0)
      if (pointer !== null) return { token: { from: 'body', name: pointer }, place: null }
    }
  if (good.some(({ headers }) => headers.includes('set-cookie')))
    return { token: { from: 'cookie', name: 'session' }, place: { in: 'cookie', name: 'session', prefix: '' } }
  return { token: { from: 'body', name: '/token' }, place: null }
}

function findToken(schema: JsonSchema, pointer: string, depth: number): string | null {
  const properties = Object.entries(schema.properties ?? {})
  const direct = properties.find(([name]) => TOKEN.test(name))
  if (direct) return `${pointer}/${direct[0]}`
  if (depth > 2) return null
  for (const [name, child] of properties) {
    const found = findToken(child, `${pointer}/${name}`, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** Where the document's schemes put a credential; a bearer token where they are silent. */
export function placeOf({ securitySchemes }: ReadDocument): CredentialPlace {
  const schemes = Object.values(securitySchemes)
  const key = schemes.find(({ type }) => type === 'apiKey')
  if (schemes.some(({ scheme }) => scheme === 'bearer') || !key?.in || key.name === null)
    return { in: 'header', name: 'Authorization', prefix: 'Bearer ' }
  return { in: key.in, name: key.name, prefix: '' }
}
