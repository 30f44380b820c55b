import type { AccessData } from '../access.ts'
import type { Api } from '../api.ts'
import type { Endpoint } from '../endpoint.ts'
import { formatRate } from '../limit.ts'
import type { AnyResource, FieldRule } from '../resource.ts'

/** An access rule in `x-turnpike`: an object with one key, short enough to write by hand. */
export type XRule =
  | { readonly anyone: string }
  | { readonly signedIn: true }
  | { readonly scope: string }
  | { readonly role: string }
  | { readonly owns: string }
  | { readonly related: { readonly relation: string; readonly object: string } }
  | { readonly reads: string }
  | { readonly freshSeconds: number }
  | { readonly factors: number }
  | { readonly rule: string }
  | { readonly any: readonly XRule[] }
  | { readonly all: readonly XRule[] }

export interface XTurnpikeDocument {
  readonly version: 1
  readonly resources: Readonly<Record<string, XResource>>
}

export interface XResource {
  readonly id: string
  readonly owner: string | null
  readonly tenant: string | null
  readonly read: XRule
  readonly refer: XRule
  readonly relations: readonly string[]
  readonly parents: Readonly<Record<string, string>>
  readonly fields: Readonly<
    Record<
      string,
      { readonly read?: XRule | false; readonly write?: XRule | false; readonly mask?: string; readonly seal?: true }
    >
  >
}

/** `x-turnpike` of the document: the resources that its operations speak of. */
export function documentExtension(api: Api): XTurnpikeDocument {
  return {
    version: 1,
    resources: Object.fromEntries(api.resources.map((each) => [each.name, resourceExtension(each)])),
  }
}

function resourceExtension(resource: AnyResource): XResource {
  return {
    id: resource.id,
    owner: resource.owner,
    tenant: resource.tenant,
    read: toXRule(resource.read.data),
    refer: toXRule(resource.refer.data),
    relations: Object.keys(resource.relations),
    parents: resource.parents,
    fields: Object.fromEntries(Object.entries(resource.fields).map(([name, rule]) => [name, fieldExtension(rule)])),
  }
}

function fieldExtension({ read, write, mask, seal }: FieldRule) {
  const grant = (rule: NonNullable<FieldRule['read']>) => (rule === false ? rule : toXRule(rule.data))
  return {
    ...(read === undefined ? {} : { read: grant(read) }),
    ...(write === undefined ? {} : { write: grant(write) }),
    ...(mask === undefined ? {} : { mask: typeof mask === 'string' ? mask : 'custom' }),
    ...(seal === undefined ? {} : { seal }),
  }
}

/** `x-turnpike` of one operation. */
export function operationExtension(endpoint: Endpoint): Record<string, unknown> {
  const { access, each, clients, params, flow, lifecycle, outbound, reply, body, idempotency } = endpoint
  return {
    access: toXRule(access.data),
    ...(each === null ? {} : { each: toXRule(each.data) }),
    ...(clients === null ? {} : { clients }),
    limit: limitExtension(endpoint),
    ...(params.length === 0
      ? {}
      : { params: Object.fromEntries(params.map((param) => [param.name, paramExtension(param)])) }),
    ...('kind' in reply && reply.kind !== 'nothing' ? { reply: { [reply.kind]: reply.why } } : {}),
    ...(body !== null && 'kind' in body && body.kind === 'signed'
      ? {
          signed: {
            sender: body.sender,
            signatureHeader: body.signatureHeader,
            timestampHeader: body.timestampHeader,
            toleranceSeconds: body.toleranceSeconds,
          },
        }
      : {}),
    ...(flow === null ? {} : { flow: flowExtension(flow) }),
    ...(idempotency === 'none' ? {} : { idempotency }),
    ...(outbound === null ? {} : { outbound }),
    ...(lifecycle.deprecated ? { deprecated: lifecycle.deprecated.toISOString() } : {}),
    ...(lifecycle.sunset ? { sunset: lifecycle.sunset.toISOString() } : {}),
  }
}

const paramExtension = ({ resource, within }: Endpoint['params'][number]) =>
  resource === null ? {} : { resource: resource.name, ...(within === null ? {} : { within }) }

function limitExtension({ limit }: Endpoint) {
  return {
    rate: formatRate(limit.rate),
    ...(limit.by.length === 0
      ? {}
      : { by: limit.by.map((each) => ({ [each.key.from]: each.key.name, rate: formatRate(each) })) }),
    cost: limit.cost,
    maxBytes: limit.maxBytes,
    timeoutSeconds: limit.timeoutMilliseconds / 1000,
    concurrency: limit.concurrency,
  }
}

function flowExtension(flow: NonNullable<Endpoint['flow']>) {
  return {
    ...(flow.once ? { once: true } : {}),
    ...(flow.perPrincipal === null ? {} : { perPrincipal: formatRate(flow.perPrincipal) }),
    ...(flow.stepUp === null ? {} : { stepUp: toXRule(flow.stepUp.data) }),
    ...(flow.after === null ? {} : { after: flow.after }),
    ...(flow.minimumSeconds === 0 ? {} : { minimumSeconds: flow.minimumSeconds }),
  }
}

/** The rule as `x-turnpike` writes it. A rule in code keeps its name only. */
export function toXRule(data: AccessData): XRule {
  switch (data.kind) {
    case 'anyone':
      return { anyone: data.why }
    case 'signedIn':
      return { signedIn: true }
    case 'scope':
      return { scope: data.scope }
    case 'role':
      return { role: data.role }
    case 'owns':
      return { owns: data.object }
    case 'related':
      return { related: { relation: data.relation, object: data.object } }
    case 'reads':
      return { reads: data.object }
    case 'fresh':
      return { freshSeconds: data.seconds }
    case 'factors':
      return { factors: data.count }
    case 'rule':
      return { rule: data.name }
    case 'any':
      return { any: data.of.map(toXRule) }
    case 'all':
      return { all: data.of.map(toXRule) }
  }
}
