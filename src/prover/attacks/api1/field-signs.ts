import type { Identity } from '../../identities.ts'
import type { Thing } from '../../world.ts'
import { intimateFields, ownerFields } from './data-signs.ts'
import { closed, type Privacy, shared } from './privacy.ts'

const OWN_AFFAIR =
  /^(\w*(order|invoice|payment|transaction|message|conversation|prescription|statement|notification|cart|basket|wallet|address|card|payslip|salary|diagnosis|diary|booking|reservation|appointment|subscription|receipt|refund|withdrawal|deposit|transfer))$/i

/** Some things are shown to no stranger, even where every list and every read of an API does. */
export function byKind(thing: Thing, stranger: Identity, mate: boolean): Privacy | null {
  const { owner, data, resource } = thing
  const named = nameIn(thing)
  if (named === null || mate || resource.isUser || isHigher(stranger, owner)) return null
  const [first] = intimateFields(data)
  if (first !== undefined) return closed(`${named}, and it holds ${first}`)
  return OWN_AFFAIR.test(resource.name) ? closed(`${named}, and a ${resource.name} is a person's own affair`) : null
}

function nameIn(thing: Thing): string | null {
  const [field] = ownerFields(thing, thing.owner)
  return field === undefined ? null : `its ${field.slice(1)} names ${thing.owner.name}`
}

/** A role that the owner lacks may be one that reads what is everybody's. */
const isHigher = (stranger: Identity, owner: Identity): boolean =>
  stranger.plan.roles.some((role) => !owner.plan.roles.includes(role))

/** The weakest signs: whom its fields name, what the plan makes of the resource, and that nobody was told of what was just made. */
export function byFields(thing: Thing, stranger: Identity): Privacy {
  const { owner, data, resource } = thing
  const intimate = intimateFields(data, resource.isUser)
  if (resource.isUser)
    return intimate.length > 0
      ? closed(`it holds ${intimate.slice(0, 3).join(', ')}`)
      : shared('a profile that holds nothing but what anybody may know')
  const [field] = ownerFields(thing, owner)
  const named = field === undefined ? null : `its ${field.slice(1)} names ${owner.name}`
  if (named !== null && intimate.length > 0) return closed(`${named}, and it holds ${intimate.slice(0, 3).join(', ')}`)
  const unclear = resource.privateWhy === '' ? `nothing says that the ${resource.name} is private` : resource.privateWhy
  const unknown: Privacy = { is: 'unknown', why: unclear, strong: false }
  if (isHigher(stranger, owner)) return unknown
  if (resource.private === 'yes') return closed(named ?? resource.privateWhy, false)
  const isAbroad =
    owner.plan.tenant !== null && stranger.plan.tenant !== null && owner.plan.tenant !== stranger.plan.tenant
  if (resource.tenant !== null && isAbroad) return closed(`it is of another tenant`, false)
  if (resource.owner !== null || named !== null) return unknown
  return thing.made ? closed(`${owner.name} made it, and ${stranger.name} was never told of it`, false) : unknown
}
