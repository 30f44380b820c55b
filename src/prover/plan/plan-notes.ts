import type { Plan } from './plan.ts'
import type { PlanConfig } from './plan-config.ts'

/** What was inferred and what could not be, each a sentence with the next line to write. */
export function notesOf(plan: Plan, config: PlanConfig): readonly string[] {
  return [...misspelled(plan, config), ...signIn(plan, config), ...people(plan), ...things(plan)]
}

function* misspelled({ operations, resources, document }: Plan, config: PlanConfig): Generator<string> {
  const ids = new Set(document.operations.flatMap(({ id, operationId }) => [id, operationId]))
  for (const key of Object.keys(config.operations))
    if (!ids.has(key))
      yield `operations: ${key} is no operation of the document; there are ${nearest(
        key,
        [...ids].filter((id) => id !== null),
      )}`
  const spoken = new Set(
    operations.flatMap(({ references, resource }) => [resource, ...references.map((each) => each.resource)]),
  )
  for (const key of Object.keys(config.resources))
    if (!spoken.has(key))
      yield `resources: no operation speaks of ${key}; there are ${nearest(
        key,
        resources.map(({ name }) => name).filter((name) => name !== key),
      )}`
}

/** The likeliest three. */
function nearest(text: string, from: readonly string[]): string {
  const likeness = (each: string) =>
    pairs(each).filter((pair) => pairs(text).includes(pair)).length / (pairs(each).length + 1)
  const sorted = [...from].sort((one, other) => likeness(other) - likeness(one)).slice(0, 3)
  return sorted.length === 0 ? 'none' : sorted.join(', ')
}

const pairs = (text: string): readonly string[] =>
  Array.from({ length: Math.max(text.length - 1, 0) }, (_, at) => text.slice(at, at + 2).toLowerCase())

function* signIn({ identities, auth }: Plan, { unsaid }: PlanConfig): Generator<string> {
  const needing = identities.filter(({ name, source }) => unsaid?.[name]?.includes('login') && source.kind === 'login')
  if (needing.length === 0) return
  const [first] = needing
  if (auth.login === null)
    yield `no operation signs ${needing.map(({ name }) => name).join(', ')} in; add login: { url: /login, body: { email: "{username}", password: "{password}" }, token: /token }`
  else if (first?.source.kind === 'login' && first.source.login.url !== '')
    yield `${auth.login} signs in, and its token is taken from ${first.source.login.token.from} ${first.source.login.token.name}; say otherwise under login`
}

function* people({ identities, operations }: Plan): Generator<string> {
  const users = identities.filter(({ kind, spare }) => kind === 'user' && !spare)
  if (users.length === 0) yield 'API1 to API6 need somebody who is signed in; add identities: { alice: … }'
  else if (users.length === 1) yield 'API1 needs a second user; add one to identities, or --as bob=…'
  if (operations.some(({ access }) => access === 'admin') && !identities.some(({ kind }) => kind === 'admin'))
    yield 'what is an admin’s cannot be compared; add identities: { admin: … }'
}

function* things({ resources, operations }: Plan): Generator<string> {
  for (const resource of resources) {
    const isAsked = operations.some(
      ({ references, leftOut }) => !leftOut && references.some((each) => each.resource === resource.name),
    )
    const { name, create, list, known, isUser } = resource
    if (isAsked && create === null && list === null && !isUser && Object.keys(known).length === 0)
      yield `nothing makes or lists a ${name}; add resources: { ${name}: { ids: { alice: [ … ] } } }`
    if (resource.private === 'unknown' && resource.read !== null)
      yield `whether a ${name} is somebody’s alone is not clear (${resource.privateWhy}); add resources: { ${name}: { shared: true } } or { owner: … }`
  }
}
