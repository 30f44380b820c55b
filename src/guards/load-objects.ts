import { Refusal } from '../base/refusal.ts'
import type { Context } from '../contract/context.ts'
import type { Param } from '../contract/endpoint.ts'
import type { Place } from '../contract/places.ts'
import type { AnyResource } from '../contract/resource.ts'

type Row = Readonly<Record<string, unknown>>

/** An object that the request names, loaded but not yet anybody's. */
export interface LoadedObject {
  /** Name of the path parameter, or the pointer of a reference. */
  readonly name: string
  readonly resource: AnyResource
  readonly within: string | null
  readonly row: Row
}

/** The establishing half of step 9: loads what the path names. @throws {Refusal} 404 for what never was. */
export async function loadObjects(
  params: readonly Param[],
  values: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<readonly LoadedObject[]> {
  const objects: LoadedObject[] = []
  for (const { name, resource, within } of params) {
    if (!resource) continue
    const id = String(values[name])
    const row = rowsById(resource, await resource.find([id], context), [id]).get(id)
    if (!row)
      throw new Refusal('not_found', {
        detail: `there is no ${resource.name} ${id}, or the database hides it from this caller`,
      })
    objects.push({ name, resource, within, row })
  }
  return objects
}

/** Loads every reference of a body or query, one query a resource. What never was is null. */
export async function loadReferences(places: readonly Place[], context: Context): Promise<readonly (Row | null)[]> {
  const ids = new Map<AnyResource, Set<string>>()
  for (const { resource, value } of places) ids.set(resource, (ids.get(resource) ?? new Set()).add(String(value)))
  const found = new Map<AnyResource, ReadonlyMap<string, Row>>()
  for (const [resource, wanted] of ids)
    found.set(resource, rowsById(resource, await resource.findToRefer([...wanted], context), [...wanted]))
  return places.map(({ resource, value }) => found.get(resource)?.get(String(value)) ?? null)
}

/** A row counts only under exactly the id that was asked for: a database that folds case or spelling finds nothing here. */
function rowsById(resource: AnyResource, rows: readonly Row[], ids: readonly string[]): ReadonlyMap<string, Row> {
  const found = new Map<string, Row>()
  for (const row of rows) {
    const id = String(row[resource.id])
    if (ids.includes(id)) found.set(id, row)
  }
  return found
}
