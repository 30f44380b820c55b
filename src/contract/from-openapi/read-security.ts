import type { OAuthFlow, SecurityScheme } from './document.ts'
import type { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, listOf, objectOf, textOf } from './json-object.ts'

const TYPES = ['apiKey', 'http', 'oauth2', 'openIdConnect', 'mutualTLS'] as const
const PLACES = ['header', 'query', 'cookie'] as const

export function securitySchemeOf(given: JsonObject, at: string, faults: Faults): SecurityScheme {
  const type = TYPES.find((each) => each === given.type) ?? 'unknown'
  if (type === 'unknown') faults.add(`${at}/type`, 'is no type of a security scheme')
  const orNull = (value: unknown) => (textOf(value) === '' ? null : textOf(value))
  return {
    type,
    scheme: type === 'http' ? (orNull(given.scheme)?.toLowerCase() ?? null) : null,
    in: type === 'apiKey' ? (PLACES.find((each) => each === given.in) ?? null) : null,
    name: type === 'apiKey' ? orNull(given.name) : null,
    bearerFormat: orNull(given.bearerFormat),
    description: textOf(given.description),
    flows: Object.fromEntries(
      Object.entries(objectOf(given.flows))
        .filter(([, flow]) => isJsonObject(flow))
        .map(([name, flow]) => [name, flowOf(objectOf(flow))]),
    ),
  }
}

function flowOf(given: JsonObject): OAuthFlow {
  const url = (value: unknown) => (textOf(value) === '' ? null : textOf(value))
  return {
    tokenUrl: url(given.tokenUrl),
    authorizationUrl: url(given.authorizationUrl),
    refreshUrl: url(given.refreshUrl),
    scopes: Object.keys(objectOf(given.scopes)),
  }
}

/**
 * The sets of schemes of which one is enough, their scopes, and whether one of them is empty. Null where nothing is said.
 * An object where a list belongs is taken as its one member.
 */
export function requirementsOf(
  given: unknown,
  at: string,
  faults: Faults,
): {
  readonly sets: readonly (readonly string[])[]
  readonly scopes: readonly string[]
  readonly isOptional: boolean
} | null {
  if (given === undefined || given === null) return null
  if (!Array.isArray(given) && !isJsonObject(given)) {
    faults.add(at, 'is no list of security requirements')
    return null
  }
  if (!Array.isArray(given)) faults.add(at, 'is no list; its one requirement was taken')
  const all = Array.isArray(given) ? listOf(given) : [given]
  const objects = all.filter(isJsonObject)
  if (objects.length < all.length) faults.add(at, 'holds what is no security requirement')
  // A list of nothing but nonsense says nothing, and not that everybody may.
  if (objects.length === 0 && all.length > 0) return null
  const sets = objects.map((each) => Object.keys(each))
  const scopes = objects.flatMap((each) => Object.values(each).flatMap((of) => listOf(of).map(textOf)))
  return { sets, scopes: [...new Set(scopes)], isOptional: sets.length === 0 || sets.some((each) => each.length === 0) }
}
