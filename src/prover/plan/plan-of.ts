import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import type { XRule } from '../../contract/openapi/extension.ts'
import { inferAuth, purposeOf } from './infer-purpose.ts'
import { inferReferences, resourceNames } from './infer-resources.ts'
import type { AuthOperations, Operation, Plan, Resource, Sample } from './plan.ts'
import type { OperationHint, PlanConfig } from './plan-config.ts'

/** The plan for a document: what its `x-turnpike` and the hints say, and what can be inferred where they are silent. */
export function planOf(document: ReadDocument, config: PlanConfig): Plan {
  const auth = inferAuth(document)
  const names = resourceNames(document)
  const operations = document.operations.map((read) => operationOf(read, document, auth, names, config))
  return {
    title: document.title,
    source: document.extension === null ? 'document' : 'contract',
    document,
    operations,
    resources: [...names].map((name) => resourceOf(name, operations, document, config)),
    identities: config.identities,
    auth,
    notes: [],
  }
}

function operationOf(
  read: ReadOperation,
  document: ReadDocument,
  auth: AuthOperations,
  names: ReadonlySet<string>,
  config: PlanConfig,
): Operation {
  const hint = config.operations[read.id]
  const references = inferReferences(read, names, hint)
  const purpose = purposeOf(read, auth, document)
  const resource = resourceFor(read, references, purpose, names)
  return {
    id: read.id,
    method: read.method,
    path: read.path,
    read,
    extension: read.extension,
    access: accessOf(read, document, hint),
    rule: read.extension?.access ?? null,
    purpose,
    resource,
    references,
    produces: purpose === 'create' && resource !== null ? { resource, id: producedId(read, document, resource) } : null,
    leftOut: hint?.leaveOut === true,
    samples: samplesOf(read, hint, config),
  }
}

/** Lists and creations speak of what their last literal names; everything else of its last id. */
function resourceFor(
  read: ReadOperation,
  references: Operation['references'],
  purpose: Operation['purpose'],
  names: ReadonlySet<string>,
): string | null {
  if (purpose === 'list' || purpose === 'create') {
    const below = [...names].find(
      (name) =>
        new RegExp(`(^|/)${read.path.split('/').at(-1)}$`).test(read.path) &&
        pluralOf(name, read.path.split('/').at(-1) ?? ''),
    )
    return below ?? null
  }
  return references.findLast((each) => each.in === 'path')?.resource ?? null
}

const pluralOf = (name: string, segment: string): boolean => {
  const plain = segment.replaceAll(/[-_]/g, '').toLowerCase()
  const stem = name.toLowerCase()
  return plain === stem || plain === `${stem}s` || plain === `${stem}es` || plain === `${stem.replace(/y$/, 'ie')}s`
}

function accessOf(read: ReadOperation, document: ReadDocument, hint: OperationHint | undefined): Operation['access'] {
  if (hint?.access) return hint.access
  if (read.extension) return accessOfRule(read.extension.access)
  if (read.openOnPurpose) return 'public'
  if (/\/admin(\/|$)/i.test(read.path) || read.tags.some((tag) => /^admin/i.test(tag))) return 'admin'
  if (read.security !== null) return 'signed-in'
  return document.operations.some(({ security }) => security !== null) ? 'public' : 'unknown'
}

function accessOfRule(rule: XRule): Operation['access'] {
  if ('anyone' in rule) return 'public'
  if ('any' in rule) {
    const kinds = rule.any.map(accessOfRule)
    return kinds.includes('public') ? 'public' : kinds.every((kind) => kind === 'admin') ? 'admin' : 'signed-in'
  }
  if ('all' in rule) return rule.all.some((each) => accessOfRule(each) === 'admin') ? 'admin' : 'signed-in'
  return 'role' in rule ? 'admin' : 'signed-in'
}

function producedId(read: ReadOperation, document: ReadDocument, resource: string): string {
  const id = document.extension?.resources[resource]?.id ?? 'id'
  const properties = read.responses
    .filter(({ status }) => status.startsWith('2'))
    .flatMap(({ content }) => content.map(({ schema }) => schema.properties ?? {}))
  const direct = properties.find((each) => Object.hasOwn(each, id))
  if (direct || properties.length === 0) return `/${id}`
  const nested = properties.flatMap((each) =>
    Object.entries(each).flatMap(([name, child]) =>
      child.properties && Object.hasOwn(child.properties, id) ? [name] : [],
    ),
  )
  return nested[0] === undefined ? `/${id}` : `/${nested[0]}/${id}`
}

function samplesOf(read: ReadOperation, hint: OperationHint | undefined, config: PlanConfig): readonly Sample[] {
  const told: Sample[] =
    hint?.body === undefined && hint?.params === undefined
      ? []
      : [{ identity: null, params: hint.params ?? {}, query: [], headers: {}, body: hint.body, mediaType: null }]
  return [...told, ...(config.samples[read.id] ?? [])]
}

function resourceOf(
  name: string,
  operations: readonly Operation[],
  document: ReadDocument,
  config: PlanConfig,
): Resource {
  const hint = config.resources[name]
  const extension = document.extension?.resources[name] ?? null
  const find = (purpose: Operation['purpose']) => {
    const found = operations.filter((each) => each.purpose === purpose && each.resource === name && !each.leftOut)
    // The current version, and what ordinary users may call, before anything else.
    const [best] = found.sort((one, other) => rank(one) - rank(other))
    return best?.id ?? null
  }
  const read = operations.find((each) => each.purpose === 'read' && each.resource === name)
  const parent = read?.references.filter((each) => each.in === 'path').at(-2)?.resource ?? null
  return {
    name,
    id: hint?.id ?? extension?.id ?? 'id',
    owner: hint?.owner ?? extension?.owner ?? null,
    tenant: hint?.tenant ?? extension?.tenant ?? null,
    create: find('create'),
    read: find('read'),
    list: find('list'),
    update: find('update'),
    remove: find('delete'),
    parent,
    shared: hint?.shared ?? false,
    private: hint?.shared === true ? 'no' : 'unknown',
    privateWhy: '',
    replyAt: '',
    isUser: /^user$/i.test(name),
    isTenant: false,
    extension,
    known: hint?.ids ?? {},
  }
}

const rank = ({ access, read }: Operation): number =>
  (access === 'admin' ? 4 : 0) + (read.deprecated || read.extension?.deprecated ? 2 : 0)
