import { leavesOf, withAt } from '../pointer.ts'
import type { Operation, Plan } from './plan.ts'
import { sampleOf } from './sample.ts'

/** Adds an identity with an API key, where the API makes them and nobody gave one: keys are callers of their own kind. */
export function withClient(plan: Plan): Plan {
  const owner = plan.identities.find(({ kind, spare }) => kind === 'user' && !spare)
  if (!owner || plan.identities.some(({ kind }) => kind === 'client')) return plan
  const operation = plan.operations.find(
    (each) => !each.leftOut && each.access === 'signed-in' && each.purpose === 'create' && isKey(each.resource ?? ''),
  )
  const token = operation && keyPlace(operation)
  if (!operation || !token) return plan
  const scopes = [...new Set(plan.operations.flatMap(({ extension }) => extension?.clients ?? []))]
  const body = bodyOf(operation, scopes)
  const sample = { identity: null, params: {}, query: [], headers: {}, body, mediaType: 'application/json' }
  return {
    ...plan,
    // A key with scopes that its owner holds can be made by every attack that needs one.
    operations: plan.operations.map((each) =>
      each === operation ? { ...each, samples: [...each.samples, sample] } : each,
    ),
    identities: [
      ...plan.identities,
      {
        name: `key-of-${owner.name}`,
        kind: 'client',
        tenant: owner.tenant,
        roles: [],
        spare: false,
        account: null,
        subject: null,
        place: owner.place,
        source: {
          kind: 'minted',
          as: owner.name,
          request: {
            method: operation.method,
            url: operation.path,
            mediaType: 'application/json',
            body,
          },
          token,
        },
      },
    ],
  }
}

const isKey = (resource: string): boolean => /^(api)?-?_?key$|api_?-?key|accessKey/i.test(resource)

function bodyOf(operation: Operation, scopes: readonly string[]): unknown {
  const body = sampleOf(operation.read.body?.content[0]?.schema ?? {}, { random: () => 0.5, optional: false })
  const ours = scopes.filter((scope) => !/^(inventory|metrics):/.test(scope))
  for (const leaf of leavesOf(body)) {
    const place = leaf.at.replace(/\/\d+$/, '')
    if (/scopes?$/i.test(place) && ours.length > 0) return withAt(body, place, ours)
  }
  return ours.length > 0 ? withAt(body, '/scopes', ours) : body
}

function keyPlace(operation: Operation): string | null {
  const schemas = operation.read.responses
    .filter(({ status }) => status.startsWith('2'))
    .flatMap(({ content }) => content.map(({ schema }) => schema.properties ?? {}))
  for (const properties of schemas)
    for (const name of Object.keys(properties))
      if (/^(key|api_?key|token|secret|value)$/i.test(name) && properties[name]?.properties === undefined)
        return `/${name}`
  return null
}
