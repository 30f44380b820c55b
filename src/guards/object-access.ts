import { after, type Eventually } from '../base/eventually.ts'
import { Refusal } from '../base/refusal.ts'
import { type AccessData, describeAccess } from '../contract/access.ts'
import type { Context } from '../contract/context.ts'
import { decideRows, inTenant, type NamedRows } from '../contract/decide.ts'
import type { AnyResource } from '../contract/resource.ts'

type Row = Readonly<Record<string, unknown>>

interface Loaded {
  readonly name: string
  readonly resource: AnyResource
  readonly within: string | null
  readonly row: Row
}

const idOf = ({ resource, row }: Loaded) => `${resource.name} ${String(row[resource.id])}`

/** Step 9: what stands on the other side of the tenant wall is the same 404 as what never was (ASVS 8.4.1). */
export function tenantWall(objects: readonly Loaded[], context: Context): void {
  for (const object of objects) {
    if (!inTenant(object.resource, object.row, context.principal))
      throw new Refusal('not_found', { detail: `${idOf(object)} is another tenant's` })
  }
}

/** Step 9: a child under the wrong parent is a miss. */
export function parentLink(objects: readonly Loaded[]): void {
  for (const child of objects) {
    if (child.within === null) continue
    const parent = objects.find(({ name }) => name === child.within)
    const field = parent && child.resource.parents[parent.resource.name]
    const link = field === undefined ? undefined : child.row[field]
    if (!parent || link === undefined || link === null || String(link) !== String(parent.row[parent.resource.id])) {
      throw new Refusal('not_found', { detail: `${idOf(child)} is not under ${parent ? idOf(parent) : 'its parent'}` })
    }
  }
}

/**
 * Step 9: the endpoint's rule on the loaded objects (OWASP API1, ASVS 8.2.2). Denied is 403 for who may read every object named, and else the
 * 404 of an object that never was.
 */
export function objectAccess(rule: AccessData, objects: readonly Loaded[], context: Context): Eventually<void> {
  const named = new Map<string, NamedRows>()
  for (const { name, resource, row } of objects) named.set(name, { resource, rows: [row] })
  const verdicts = decideRows(rule, named, 1, context.principal, context)
  return after(verdicts, ([held]) => (held === true ? undefined : deny(rule, objects, context)))
}

async function deny(rule: AccessData, objects: readonly Loaded[], context: Context): Promise<never> {
  for (const object of objects) {
    if (!(await mayRead(object, context)))
      throw new Refusal('not_found', { detail: `${idOf(object)} is not this caller's` })
  }
  throw new Refusal('forbidden', {
    detail: `"${describeAccess(rule)}" does not hold on ${objects.map(idOf).join(', ') || 'nothing'}`,
  })
}

async function mayRead({ resource, row }: Loaded, context: Context): Promise<boolean> {
  const [held] = await decideRows(
    resource.read.data,
    new Map([[resource.name, { resource, rows: [row] }]]),
    1,
    context.principal,
    context,
  )
  return held === true
}

interface Reference {
  readonly resource: AnyResource
  readonly at: string
}

/**
 * Step 9 for ids in bodies and queries, each one by itself (lesson: batch ids). What the caller may not name reads like what never was.
 * @param rows - The loaded rows in the order of the references; null for what never was.
 */
export async function referenceAccess(
  references: readonly Reference[],
  rows: readonly (Row | null)[],
  context: Context,
): Promise<void> {
  const held = await mayRefer(references, rows, context)
  const faults = references.flatMap(({ at, resource }, index) =>
    held[index] === true ? [] : [{ at, message: `there is no such ${resource.name}` }],
  )
  if (faults.length > 0)
    throw new Refusal('invalid_input', {
      faults,
      detail: `references denied: ${faults.map(({ at }) => at).join(', ')}`,
    })
}

async function mayRefer(
  references: readonly Reference[],
  rows: readonly (Row | null)[],
  context: Context,
): Promise<readonly boolean[]> {
  const held = rows.map(() => false)
  for (const resource of new Set(references.map((reference) => reference.resource))) {
    const indexes = references.flatMap((reference, index) => {
      const row = rows[index]
      return reference.resource === resource && row && inTenant(resource, row, context.principal) ? [index] : []
    })
    const own = indexes.map((index) => rows[index] as Row)
    const verdicts = await decideRows(
      resource.refer.data,
      new Map([[resource.name, { resource, rows: own }]]),
      own.length,
      context.principal,
      context,
    )
    indexes.forEach((index, position) => {
      held[index] = verdicts[position] === true
    })
  }
  return held
}
