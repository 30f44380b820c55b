import { randomUUID } from 'node:crypto'
import type { ReadContent } from '../../contract/from-openapi/document.ts'
import type { JsonSchema } from '../../contract/schema.ts'
import type { Draft } from '../engine/exchange.ts'
import { buildBody } from './build-body.ts'
import { parametersOf } from './names.ts'
import type { Operation, Reference, Sample } from './plan.ts'
import { sampleOf } from './sample.ts'

export interface Fill {
  /** Whose recordings and examples come first. */
  readonly identity: string
  /** Ids by resource; `user` places take the subject. */
  readonly ids: Readonly<Record<string, string>>
  readonly subject: string | null
  readonly tenant: string | null
  readonly random: () => number
  readonly canary?: string
  /** Only what must be there: some optional fields are not for everybody. */
  readonly minimal?: boolean
  /** Values of path parameters, by name, before anything else. */
  readonly params?: Readonly<Record<string, string>>
}

export interface BuiltDraft extends Draft {
  /** Where the canary stands in the body; null where it has no place. */
  readonly canaryAt: string | null
  /** Path parameters as they were filled. */
  readonly params: Readonly<Record<string, string>>
}

/** A whole valid request, as far as document, recordings and known ids tell. */
export function buildDraft(operation: Operation, fill: Fill): BuiltDraft {
  const sample = bestSample(operation, fill.identity)
  const params = pathParams(operation, fill, sample)
  const content = chosenContent(operation.read.body?.content ?? [], sample)
  const body = buildBody(operation, { ...fill, idFor: (reference) => idFor(reference, fill) }, sample, content)
  return {
    method: operation.method,
    path: fillPath(operation.path, params),
    params,
    query: queryOf(operation, fill, sample),
    headers: headersOf(operation, fill, sample),
    body: body.body,
    canaryAt: body.at,
    mediaType: sample?.mediaType ?? content?.mediaType ?? 'application/json',
  }
}

export const fillPath = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{([^{}]{1,200})\}/g, (_, name: string) => encodeURIComponent(params[name] ?? 'x'))

const bestSample = ({ samples }: Operation, identity: string): Sample | null =>
  samples.find((each) => each.identity === identity) ?? samples[0] ?? null

function chosenContent(content: readonly ReadContent[], sample: Sample | null): ReadContent | null {
  const json = content.find(({ mediaType }) => /[/+]json/.test(mediaType))
  return content.find(({ mediaType }) => mediaType === sample?.mediaType) ?? json ?? content[0] ?? null
}

function idFor(reference: Reference, { ids, subject, tenant }: Fill): string | null {
  if (reference.of === 'user') return subject ?? ids[reference.resource] ?? null
  if (reference.of === 'tenant') return ids[reference.resource] ?? tenant
  return ids[reference.resource] ?? null
}

function pathParams(operation: Operation, fill: Fill, sample: Sample | null): Record<string, string> {
  const names = parametersOf(operation.path)
  return Object.fromEntries(
    names.map((name) => {
      const parameter = operation.read.parameters.find((each) => each.in === 'path' && each.name === name)
      const reference = operation.references.find((each) => each.in === 'path' && each.name === name)
      const id = fill.params?.[name] ?? (reference ? idFor(reference, fill) : null)
      const value =
        id ??
        sample?.params[name] ??
        parameter?.examples[0] ??
        sampleOf(parameter?.schema ?? {}, { random: fill.random }, name)
      return [name, String(value)]
    }),
  )
}

function queryOf(operation: Operation, fill: Fill, sample: Sample | null): [string, string][] {
  if (sample && sample.query.length > 0)
    return sample.query.map(([name, value]) => {
      const reference = operation.references.find((each) => each.in === 'query' && each.name === name)
      return [name, (reference ? idFor(reference, fill) : null) ?? value]
    })
  return operation.read.parameters.flatMap((parameter): [string, string][] => {
    if (parameter.in !== 'query') return []
    if (operation.purpose === 'list' && PAGE_SIZE.test(parameter.name))
      return [[parameter.name, wholePage(parameter.schema)]]
    if (!parameter.required) return []
    const reference = operation.references.find((each) => each.in === 'query' && each.name === parameter.name)
    const id = reference ? idFor(reference, fill) : null
    const value = id ?? parameter.examples[0] ?? sampleOf(parameter.schema, { random: fill.random }, parameter.name)
    return [[parameter.name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
  })
}

/** What was just made may stand on a later page of a short list. */
const PAGE_SIZE = /^(limit|page_?size|per_?page|size|count|first|take)$/i
const wholePage = ({ maximum }: JsonSchema): string => String(Math.min(maximum ?? 100, 1000))

const NOT_OURS = /^(authorization|content-type|content-length|accept|host|cookie|user-agent)$/i

function headersOf(operation: Operation, fill: Fill, sample: Sample | null): [string, string][] {
  const recorded = Object.entries(sample?.headers ?? {}).filter(([name]) => !NOT_OURS.test(name))
  const names = new Set(recorded.map(([name]) => name.toLowerCase()))
  const declared = operation.read.parameters.flatMap((parameter): [string, string][] => {
    const { name } = parameter
    if (parameter.in !== 'header' || NOT_OURS.test(name) || names.has(name.toLowerCase())) return []
    // Not by the seed: an earlier run's key would bring back its reply.
    if (/idempotency/i.test(name)) return [[name, randomUUID()]]
    const reference = operation.references.find((each) => each.in === 'header' && each.name === name)
    const id = reference ? idFor(reference, fill) : null
    if (id !== null) return [[name, id]]
    if (!parameter.required) return []
    return [[name, String(parameter.examples[0] ?? sampleOf(parameter.schema, { random: fill.random }, name))]]
  })
  return [...recorded, ...declared]
}
