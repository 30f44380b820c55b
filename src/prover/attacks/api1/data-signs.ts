import type { Identity } from '../../identities.ts'
import { at, leavesOf } from '../../pointer.ts'
import type { Thing } from '../../world.ts'

/** What the fields of an object say about whose it is. They are signs, no proof. */

const OWNER =
  /^(owner|user|author|creator|customer|client|member|patient|employee|seller|buyer|holder|account|created_?by|owned_?by|uploaded_?by|submitted_?by|requested_?by|requester|reporter|sender|student|guest|borrower|driver|host)(_?(id|uuid|ref|name|e?mail))?$/i
const PERSON =
  /owner|user|author|member|participant|viewer|editor|collaborator|assignee|recipient|shared|reviewer|guest/i

/** The last name of a pointer, places in lists left aside; that of its parent where the last is `id` (`/owner/id`). */
function nameAt(pointer: string): string {
  const names = pointer.split('/').filter((name) => !/^\d*$/.test(name))
  const last = names.at(-1) ?? ''
  return /^_?(id|uuid|e?mail)$/i.test(last) ? (names.at(-2) ?? last) : last
}

const isInList = (pointer: string): boolean => /\/\d+(\/|$)/.test(pointer)

/** What an API may call this person: id, user name or e-mail address. */
export function namesOf({ subject, plan, about }: Identity): readonly string[] {
  const told = ['id', '_id', 'uuid', 'email', 'username', 'userName', 'login', 'handle'].map((name) => about?.[name])
  const names = [subject, plan.account?.username, ...told].flatMap((each) =>
    (typeof each === 'string' && each !== '') || typeof each === 'number' ? [String(each)] : [],
  )
  return [...new Set(names)]
}

/** Pointers of the fields that name this person as the owner. */
export function ownerFields({ data, resource }: Pick<Thing, 'data' | 'resource'>, person: Identity): readonly string[] {
  const names = namesOf(person)
  const declared = resource.owner === null ? undefined : at(data, `${resource.replyAt ?? ''}/${resource.owner}`)
  const own = [...leavesOf(data)].filter(
    (leaf) => !isInList(leaf.at) && OWNER.test(nameAt(leaf.at)) && names.includes(String(leaf.value)),
  )
  if (own.length === 0 && declared !== undefined && names.includes(String(declared)))
    return [`${resource.replyAt ?? ''}/${resource.owner}`]
  return own.map((leaf) => leaf.at)
}

/** Why its own fields let others read it: a flag, or a mention of the reader. Null where they do not. */
export function openedByFields(data: unknown, reader: Identity, isMate: boolean): string | null {
  for (const leaf of leavesOf(data)) {
    const name = leaf.at.split('/').at(-1) ?? ''
    if (isFlag(name, leaf.value, isMate)) return `its ${name} is ${JSON.stringify(leaf.value)}`
    const named = namesOf(reader).includes(String(leaf.value))
    // A long name is nobody else's wherever it stands; a number counts only where people are named.
    if (named && (PERSON.test(nameAt(leaf.at)) || !/^.{0,5}$|^\d+$/.test(String(leaf.value))))
      return `its ${leaf.at.slice(1)} names ${reader.name}`
  }
  return null
}

function isFlag(name: string, value: unknown, isMate: boolean): boolean {
  if (value === true) return /^(is_?)?(public|shared|published|visible_?to_?all)$/i.test(name)
  if (typeof value !== 'string') return false
  if (/^(status|state)$/i.test(name)) return /^published$/i.test(value)
  if (!/^(visibility|access|privacy|audience|sharing|scope)$/i.test(name)) return false
  return (
    /^(public|shared|everyone|everybody|all|world|anyone|global|published|open|unlisted)$/i.test(value) ||
    (isMate && /^(team|tenant|org|organi[sz]ation|company|workspace|internal|members)$/i.test(value))
  )
}

const INTIMATE =
  /card_?(number|no)|iban|account_?(number|no)$|ssn|social_?security|passport|birth|diagnos|prescri|salary|tax_?(id|no|number)|medical|insurance|(home|billing|shipping|delivery)_?address/i
const PERSONAL = /e?mail|phone|mobile|address|street|postal_?code|balance/i

/** Names of filled fields that are nobody else's business. @param alsoContacts - E-mail and telephone count too. */
export function intimateFields(data: unknown, alsoContacts = false): readonly string[] {
  return [...leavesOf(data)].flatMap(({ at: pointer, value }) => {
    const name = pointer.split('/').at(-1) ?? ''
    const isFilled = (typeof value === 'string' && value !== '') || typeof value === 'number'
    return isFilled && (INTIMATE.test(name) || (alsoContacts && PERSONAL.test(name))) ? [name] : []
  })
}
