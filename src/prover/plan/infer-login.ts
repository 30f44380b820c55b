import type { ReadDocument, ReadOperation, SecurityScheme } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import { leavesOf, withAt } from '../pointer.ts'
import { BEARER, type CredentialPlace, type LoginRecipe } from './plan.ts'
import { sampleOf } from './sample.ts'

/** How to sign in, with `{username}` and `{password}` where an account's own values go. */
export interface InferredLogin {
  readonly recipe: LoginRecipe
  readonly place: CredentialPlace
}

const USERNAME = /e-?mail|login|user_?name|^user$|^name$|^account$|phone|identifier/i
const PASSWORD = /pass(word|phrase|code|wd)?$|^pin$|secret/i
const TOKEN =
  /^(access_?token|token|jwt|id_?token|auth_?token|bearer(_?token)?|session_?(token|id|key)|api_?key|access_?key)$/i

/** The login of a document: what its body asks for, and where its reply holds the token. Null where it cannot be told. */
export function inferLogin(document: ReadDocument, loginId: string | null): InferredLogin | null {
  const operation = document.operations.find(({ id }) => id === loginId)
  const content = operation?.body?.content.find(({ mediaType }) => /json|form/.test(mediaType))
  if (!operation || !content) return null
  const body = loginBody(content.schema) ?? loginBody(content.schema, content.examples[0])
  if (body === null) return null
  const { token, place } = tokenPlace(operation, document)
  return {
    recipe: {
      url: operation.path,
      method: operation.method,
      mediaType: content.mediaType,
      headers: {},
      body,
      token,
      also: {},
    },
    place: place ?? placeOf(document),
  }
}

/** What a login asks for, and no more of it than it must have. */
function loginBody(schema: JsonSchema, example?: unknown): unknown {
  const candidates = [
    sampleOf(schema, { random: () => 0.5, optional: false }),
    example,
    sampleOf(schema, { random: () => 0.5 }),
  ]
  for (const body of candidates) {
    const leaves = [...leavesOf(body)].filter(({ value }) => typeof value === 'string')
    const named = (pattern: RegExp) => leaves.find(({ at }) => pattern.test(at.split('/').at(-1) ?? ''))?.at
    const [username, password] = [named(USERNAME), named(PASSWORD)]
    if (username === undefined || password === undefined || username === password) continue
    const filled = withAt(withAt(body, username, '{username}'), password, '{password}')
    const grant = leaves.find(({ at }) => /grant_?type$/i.test(at))?.at
    return grant === undefined ? filled : withAt(filled, grant, 'password')
  }
  return null
}

/** The same recipe with an account's values in it. */
export function fillRecipe(recipe: LoginRecipe, account: { username: string; password: string }): LoginRecipe {
  const filled = (text: string) =>
    text.replaceAll(/\{(username|password)\}/g, (_, key: 'username' | 'password') => account[key])
  let body = recipe.body
  for (const { at, value } of [...leavesOf(recipe.body)])
    if (typeof value === 'string' && /\{(username|password)\}/.test(value)) body = withAt(body, at, filled(value))
  const headers = Object.fromEntries(Object.entries(recipe.headers).map(([name, value]) => [name, filled(value)]))
  const url = recipe.url.replaceAll(/\{(username|password)\}/g, (whole) => encodeURIComponent(filled(whole)))
  return { ...recipe, url, headers, body }
}

function tokenPlace(
  { responses }: ReadOperation,
  document: ReadDocument,
): { readonly token: LoginRecipe['token']; readonly place: CredentialPlace | null } {
  const good = responses.filter(({ status }) => status.startsWith('2'))
  const schemas = good.flatMap(({ content }) => content)
  const header = good.flatMap(({ headers }) => headers).find((name) => /^(authorization|x-.*token)$/.test(name))
  const general = placeOf(document)
  const pointer = schemas.map(({ schema, examples }) => tokenIn(schema, examples)).find((found) => found !== null)
  if (pointer !== undefined && general.in !== 'cookie') return { token: { from: 'body', name: pointer }, place: null }
  if (general.in === 'cookie') return { token: { from: 'cookie', name: general.name }, place: general }
  if (header !== undefined) return { token: { from: 'header', name: header }, place: null }
  if (good.some(({ headers }) => headers.includes('set-cookie')))
    return { token: { from: 'cookie', name: 'session' }, place: { in: 'cookie', name: 'session', prefix: '' } }
  return { token: { from: 'body', name: '/token' }, place: null }
}

function tokenIn(schema: JsonSchema, examples: readonly unknown[]): string | null {
  const found = findToken(schema, '', 0)
  if (found !== null) return found
  for (const example of examples)
    for (const { at } of leavesOf(example)) if (TOKEN.test(at.split('/').at(-1) ?? '')) return at
  return null
}

function findToken(schema: JsonSchema, pointer: string, depth: number): string | null {
  const properties = Object.entries(schema.properties ?? {})
  const named = properties.filter(([name, child]) => TOKEN.test(name) && child.properties === undefined)
  const direct = named.find(([name]) => /access|jwt/i.test(name)) ?? named[0]
  if (direct) return `${pointer}/${direct[0]}`
  if (depth > 2) return null
  for (const [name, child] of properties) {
    const found = findToken(child, `${pointer}/${name}`, depth + 1)
    if (found !== null) return found
  }
  return null
}

/** Where the document's schemes put a credential: the scheme that most operations ask for; a bearer token where all are silent. */
export function placeOf(document: ReadDocument): CredentialPlace {
  const asked = document.operations.flatMap(({ security }) => security?.flat() ?? [])
  const uses = (name: string) => asked.filter((each) => each === name).length
  const places = Object.entries(document.securitySchemes)
    .map(([name, scheme]) => ({ uses: uses(name), place: placeOfScheme(scheme) }))
    .filter(({ place }) => place !== null)
    .sort((one, other) => other.uses - one.uses)
  return places[0]?.place ?? placeOfParameters(document) ?? BEARER
}

function placeOfScheme({ type, scheme, in: where, name, description }: SecurityScheme): CredentialPlace | null {
  if (type === 'http') return scheme === 'basic' ? { ...BEARER, prefix: 'Basic ' } : BEARER
  if (type === 'oauth2' || type === 'openIdConnect') return BEARER
  if (type !== 'apiKey' || where === null || name === null) return null
  // An Authorization header that is described as an API key nearly always takes a word before the token.
  const word = /\b(Bearer|Token|JWT|ApiKey|Api-Key)\b(?=[\s`'"]*(?:[<{[\\`'"\s]|$))/.exec(description)?.[1]
  const prefix = /^authorization$/i.test(name) && where === 'header' ? `${word ?? 'Bearer'} ` : ''
  return { in: where, name, prefix }
}

/** Some documents declare the credential as a parameter of each operation. */
function placeOfParameters({ operations }: ReadDocument): CredentialPlace | null {
  for (const { parameters } of operations)
    for (const { in: where, name } of parameters) {
      if (where === 'header' && /^authorization$/i.test(name)) return BEARER
      if (where === 'header' && /^x-?(api-?key|auth-?token|access-?token)$/i.test(name))
        return { in: 'header', name, prefix: '' }
      if (where === 'cookie' && /sess|sid|token|auth/i.test(name)) return { in: 'cookie', name, prefix: '' }
    }
  return null
}
