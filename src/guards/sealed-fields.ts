import type { Eventually } from '../base/eventually.ts'
import { decideRow } from '../contract/decide.ts'
import type { Place as ReplyPlace } from '../contract/places.ts'
import type { Principal } from '../contract/principal.ts'
import type { Reader } from '../contract/projection.ts'
import type { AnyResource } from '../contract/resource.ts'
import { mask, type Place, type Sealable, Sealed, type Vault } from '../vault/index.ts'

type Row = Readonly<Record<string, unknown>>

const sealedFields = new WeakMap<AnyResource, readonly string[]>()

/** Every row asks; the answer is worked out once for each resource. */
function sealedFieldsOf(resource: AnyResource): readonly string[] {
  let names = sealedFields.get(resource)
  if (!names) {
    names = Object.entries(resource.fields).flatMap(([name, rule]) => (rule.seal ? [name] : []))
    sealedFields.set(resource, names)
  }
  return names
}

/** Under whose data key a row's fields are sealed: its owner's, so that deleting a person makes them unreadable. */
export function subjectOf(resource: AnyResource, row: Row): string {
  const owner = resource.owner === null ? null : row[resource.owner]
  return owner === null || owner === undefined ? `resource:${resource.name}` : String(owner)
}

/** The place that a sealed text is bound to: moved elsewhere it does not open. */
export function placeOf(resource: AnyResource, field: string, row: Row): Place {
  const tenant = resource.tenant === null ? null : row[resource.tenant]
  return {
    tenant: tenant === null || tenant === undefined ? null : String(tenant),
    table: resource.name,
    column: field,
    id: String(row[resource.id]),
    subject: subjectOf(resource, row),
  }
}

/** Seals a plain row's declared fields: the form that goes into the database. */
export async function sealRow(resource: AnyResource, row: Row, vault: Vault): Promise<Row> {
  const sealed: Record<string, unknown> = { ...row }
  for (const field of sealedFieldsOf(resource)) {
    const value = row[field]
    if (value === null || value === undefined) continue
    sealed[field] = await sealAt(placeOf(resource, field, row), value as Sealable | Sealed, vault)
  }
  return sealed
}

/** A value that is sealed already is opened and sealed anew where it moves: text that is bound to another owner would not open there. */
async function sealAt(place: Place, value: Sealable | Sealed, vault: Vault): Promise<string | null> {
  if (!(value instanceof Sealed)) return await vault.seal(value, place)
  const { tenant, table, column, id, subject } = value.place
  if (
    tenant === place.tenant &&
    table === place.table &&
    column === place.column &&
    id === place.id &&
    subject === place.subject
  )
    return value.ciphertext
  const plain = await value.reveal('sealed for another owner')
  return plain === null ? null : await vault.seal(plain, place)
}

/** Wraps a stored row for a handler: sealed fields open only by `reveal(reason)`. */
export function wrapRow(resource: AnyResource, row: Row, vault: Vault): Row {
  const fields = sealedFieldsOf(resource)
  if (fields.length === 0) return row
  const wrapped: Record<string, unknown> = { ...row }
  for (const field of fields) {
    const text = row[field]
    if (typeof text === 'string')
      wrapped[field] = vault.sealed(text, placeOf(resource, field, row), resource.fields[field]?.mask)
  }
  return wrapped
}

/** Loads the data keys of every row of a reply that holds something sealed, in one round trip. */
export function preloadKeys(places: readonly ReplyPlace[], vault: Vault): Eventually<void> {
  const subjects = new Set<string>()
  for (const { resource, value } of places) {
    const row = value as Row
    if (sealedFieldsOf(resource).some((field) => row[field] !== null && row[field] !== undefined))
      subjects.add(subjectOf(resource, row))
  }
  return subjects.size === 0 ? undefined : vault.preload([...subjects])
}

/** Step 12: how a principal reads rows: clear, masked or not at all (OWASP API3, ASVS 8.2.3). */
export function createReader(principal: Principal, now: number, vault: Vault): Reader {
  return {
    reads: (rule, resource, row) => rule !== false && decideRow(rule.data, resource, row, principal, now),
    open: (resource, field, row) => {
      const held = row[field]
      const text = held instanceof Sealed ? held.ciphertext : held
      if (typeof text !== 'string')
        throw new TypeError(`${resource.name}.${field} is sealed, but the reply holds a value of type ${typeof text}`)
      return vault.openSync(text, placeOf(resource, field, row))
    },
    mask: (kind, value) => mask(kind, value),
  }
}
