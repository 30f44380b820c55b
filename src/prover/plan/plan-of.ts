import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import { accessOf } from './infer-access.ts'
import { inferAuth } from './infer-auth.ts'
import { fillRecipe, inferLogin, placeOf } from './infer-login.ts'
import { privacyOf } from './infer-privacy.ts'
import { purposeOf } from './infer-purpose.ts'
import { inferReferences, type Known, knownResources, resourceNamedBy } from './infer-resources.ts'
import { isUserWord } from './names.ts'
import type { AuthOperations, IdentityPlan, Operation, Plan, Reference, Resource, Sample } from './plan.ts'
import type { OperationHint, PlanConfig } from './plan-config.ts'
import { notesOf } from './plan-notes.ts'
import { idOf, listIn, objectIn, ownerOf, type Placed, replySchema, tenantOf } from './reply-shape.ts'

/** The plan for a document: what its `x-turnpike` and the hints say, and what can be inferred where they are silent. */
export function planOf(document: ReadDocument, config: PlanConfig): Plan {
  const auth = inferAuth(document)
  const hints = hintsById(document, config)
  const told = Object.values(hints).flatMap(({ references }) => Object.values(references ?? {}))
  const known = knownResources(
    document,
    [...Object.keys(config.resources), ...told],
    config.identities.some(({ tenant }) => tenant !== null),
  )
  const context: Context = { document, auth, known, hints, config }
  const first = document.operations.map((read) => operationOf(read, context))
  const resources = [...known.names].map((name) => resourceOf(name, first, context))
  const operations = first.map((operation) => ({ ...operation, produces: producedBy(operation, resources, hints) }))
  const plan: Plan = {
    title: document.title,
    source: document.extension === null ? 'document' : 'contract',
    document,
    operations,
    resources,
    identities: config.identities.map((identity) => completed(identity, document, auth, config)),
    auth,
    notes: [],
  }
  return { ...plan, notes: notesOf(plan, config) }
}

interface Context {
  readonly document: ReadDocument
  readonly auth: AuthOperations
  readonly known: Known
  readonly hints: Readonly<Record<string, OperationHint>>
  readonly config: PlanConfig
}

/** Hints name an operation by method and path, or by its operationId. */
function hintsById(document: ReadDocument, config: PlanConfig): Readonly<Record<string, OperationHint>> {
  return Object.fromEntries(
    document.operations.flatMap(({ id, operationId }) => {
      const hint = config.operations[id] ?? (operationId === null ? undefined : config.operations[operationId])
      return hint === undefined ? [] : [[id, hint] as const]
    }),
  )
}

/** How an identity signs in, and where its credential stands, where only the document says it. */
function completed(
  identity: IdentityPlan,
  document: ReadDocument,
  auth: AuthOperations,
  config: PlanConfig,
): IdentityPlan {
  const unsaid = config.unsaid?.[identity.name] ?? []
  const place = unsaid.includes('place') ? placeOf(document) : identity.place
  if (!unsaid.includes('login') || identity.account === null) return { ...identity, place }
  const login = inferLogin(document, auth.login)
  const { account } = identity
  if (login)
    return {
      ...identity,
      place: unsaid.includes('place') ? login.place : place,
      source: { kind: 'login', login: fillRecipe(login.recipe, account) },
    }
  if (place.prefix !== 'Basic ') return { ...identity, place }
  const basic = Buffer.from(`${account.username}:${account.password}`).toString('base64')
  return { ...identity, place, source: { kind: 'token', token: basic } }
}

function operationOf(read: ReadOperation, { document, auth, known, hints, config }: Context): Operation {
  const hint = hints[read.id]
  const references = inferReferences(read, known, hint)
  const purpose = purposeOf(read, references, auth, document, known)
  return {
    id: read.id,
    method: read.method,
    path: read.path,
    read,
    extension: read.extension,
    access: accessOf(read, document, hint),
    rule: read.extension?.access ?? null,
    purpose,
    resource: purpose === 'auth' ? null : resourceFor(read, references, purpose, known),
    references,
    produces: null,
    leftOut: hint?.leaveOut === true,
    samples: samplesOf(read, hint, config),
    ...(hint?.signing === undefined ? {} : { signing: hint.signing }),
  }
}

/** Lists and creations speak of what their path names; everything else of its last id. */
function resourceFor(
  read: ReadOperation,
  references: readonly Reference[],
  purpose: Operation['purpose'],
  known: Known,
): string | null {
  const inPath = references.findLast((each) => each.in === 'path')?.resource ?? null
  const named = resourceNamedBy(read.method, read.path, known)
  if (purpose === 'list' || purpose === 'create') return namesItself(read, named, inPath) ? named : null
  if (inPath !== null) return inPath
  const isOwn = references.some((each) => (each.in === 'query' || each.in === 'body') && each.resource === named)
  return isOwn ? named : null
}

/** `/notes/{id}/tags` without a resource of tags names notes, and lists none. */
const namesItself = ({ path }: ReadOperation, named: string | null, inPath: string | null): boolean =>
  named !== null && (named !== inPath || !path.includes('}/'))

function producedBy(
  operation: Operation,
  resources: readonly Resource[],
  hints: Readonly<Record<string, OperationHint>>,
): Operation['produces'] {
  const resource = resources.find(({ name }) => name === operation.resource)
  if (operation.purpose !== 'create' || !resource) return null
  const told = hints[operation.id]?.produces
  if (told !== undefined) return { resource: resource.name, id: told }
  const reply = replySchema(operation.read)
  if (reply === null) return { resource: resource.name, id: `/${resource.id}` }
  const { at, schema } = objectIn(reply, resource.name)
  const id = Object.hasOwn(schema.properties ?? {}, resource.id) ? resource.id : idOf(schema, resource.name, null)
  return { resource: resource.name, id: `${at}/${id ?? resource.id}` }
}

function samplesOf(read: ReadOperation, hint: OperationHint | undefined, config: PlanConfig): readonly Sample[] {
  const told: Sample[] =
    hint?.body === undefined && hint?.params === undefined
      ? []
      : [{ identity: null, params: hint.params ?? {}, query: [], headers: {}, body: hint.body, mediaType: null }]
  return [...told, ...(config.samples[read.id] ?? [])]
}

function resourceOf(name: string, operations: readonly Operation[], context: Context): Resource {
  const { document, known, config, auth } = context
  const hint = config.resources[name]
  const extension = document.extension?.resources[name] ?? null
  const mine = operations.filter((each) => each.resource === name)
  // The current version, the whole object, and what ordinary users may call, before anything else.
  const find = (purpose: Operation['purpose']) =>
    mine.filter((each) => each.purpose === purpose && !each.leftOut).sort((one, other) => rank(one) - rank(other))[0] ??
    null
  const [create, read, list] = [find('create'), find('read'), find('list')]
  const shape = shapeOf(name, { create, read, list })
  const one = read ?? find('update') ?? find('delete')
  const parameter = one?.references.findLast((each) => each.in === 'path' && each.resource === name)?.name ?? null
  const chain = (read ?? list ?? create)?.references.filter((each) => each.in === 'path') ?? []
  const parent = (read ? chain.at(-2) : chain.at(-1))?.resource ?? null
  const registers = auth.register !== null && resourceNamedBy('PUT', auth.register.split(' ')[1] ?? '', known) === name
  const isUser = /^(user|profile)$/i.test(name) || (isUserWord(name) && registers)
  const owner =
    hint?.owner ?? extension?.owner ?? (isUser || extension ? null : ownerOf(shape.schema, name, known.names))
  const tenant = hint?.tenant ?? extension?.tenant ?? (extension ? null : tenantOf(shape.schema, name, known.tenants))
  return {
    name,
    id: hint?.id ?? extension?.id ?? idOf(shape.schema, name, parameter) ?? 'id',
    owner,
    tenant,
    create: create?.id ?? null,
    read: read?.id ?? null,
    list: list?.id ?? null,
    update: find('update')?.id ?? null,
    remove: find('delete')?.id ?? null,
    parent: parent === name ? null : parent,
    shared: hint?.shared ?? false,
    ...privacyOf({
      name,
      hint,
      extension,
      operations: mine.filter(({ leftOut }) => !leftOut),
      owner,
      tenant,
      isUser,
      underUser: chain.some((each) => each.resource !== name && isUserWord(each.resource)),
    }),
    replyAt: shape.at,
    isUser,
    isTenant: known.tenants.has(name),
    extension,
    known: hint?.ids ?? {},
    seen: hint?.seen ?? {},
  }
}

/** The object as replies show it: as it is read, made or listed, whichever the document describes. */
function shapeOf(
  name: string,
  { create, read, list }: Readonly<Record<'create' | 'read' | 'list', Operation | null>>,
): Placed {
  for (const operation of [read, create]) {
    const reply = operation && replySchema(operation.read)
    if (!reply) continue
    const found = objectIn(reply, name)
    if (found.schema.properties !== undefined) return found
  }
  const reply = list && replySchema(list.read)
  return { at: '', schema: (reply && listIn(reply)?.schema) ?? {} }
}

const rank = ({ access, read, path, references }: Operation): number =>
  (access === 'admin' ? 8 : 0) +
  (read.deprecated || read.extension?.deprecated ? 4 : 0) +
  (/\}(\.\w+)?\/?$/.test(path) || !path.includes('{') ? 0 : 2) +
  references.filter((each) => each.in === 'path').length / 10
