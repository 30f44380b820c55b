import type { XResource, XRule } from '../../contract/openapi/extension.ts'
import type { Operation, Resource } from './plan.ts'
import type { ResourceHint } from './plan-config.ts'

export interface Privacy {
  readonly private: Resource['private']
  readonly privateWhy: string
  readonly isSaid: boolean
}

const yes = (privateWhy: string): Privacy => ({ private: 'yes', privateWhy, isSaid: true })
/** By shapes and names alone: what the API does weighs more. */
const likely = (privateWhy: string): Privacy => ({ private: 'yes', privateWhy, isSaid: false })
const no = (privateWhy: string): Privacy => ({ private: 'no', privateWhy, isSaid: true })
const unknown = (privateWhy: string): Privacy => ({ private: 'unknown', privateWhy, isSaid: false })

const THEIRS =
  /\byour (?!api|app|token|key|request|query|client|credential|server)|\b(my|own|owned by the (?:current|authenticated|calling)) |\b(?:current|authenticated|calling|logged[- ]in|signed[- ]in) (?:user|customer|caller)(?:'s?|’s)?\b/i
const EVERYBODYS =
  /\bpublic(?:ly)? (?:available|visible|accessible|list|listing|catalogu?e|feed|timeline|profile)|\bcatalogu?e\b|\bdirectory\b|\b(?:visible|available) to (?:everyone|all users|any user)\b/i

/** What people make for each other to see: the field of whoever made it says nothing about who may read it. */
const CONTENT =
  /^(post|article|comment|review|rating|reply|question|answer|topic|thread|repo|repository|follower|following|friend|like|photo|video|playlist|badge|event|listing|product|recipe|book|movie|song|story|tag|channel|room|team|group|project|board|page|wiki|issue|ticket|task|profile|store|shop|course|job|offer|announcement|news)$/i

/** Whether a resource's objects are somebody's alone: what decides between a hole and a catalogue. */
export function privacyOf(given: {
  readonly name: string
  readonly hint: ResourceHint | undefined
  readonly extension: XResource | null
  /** Of this resource. */
  readonly operations: readonly Operation[]
  readonly owner: string | null
  readonly tenant: string | null
  readonly isUser: boolean
  /** Resources that its path stands under are users. */
  readonly underUser: boolean
}): Privacy {
  const { name, hint, extension, operations, owner, tenant } = given
  if (hint?.shared === true) return no('turnpike.yaml says that it is shared')
  if (hint?.shared === false) return yes('turnpike.yaml says that it is not shared')
  if (extension) return byContract(extension)
  if (hint?.owner !== undefined || hint?.ids !== undefined) return yes('turnpike.yaml says whose its objects are')
  const readers = operations.filter(
    ({ purpose, method }) => (purpose === 'read' || purpose === 'list') && method !== 'DELETE',
  )
  const open = readers.find(({ access }) => access === 'public')
  if (open) return no(`${open.id} is public`)
  if (readers.length > 0 && readers.every(({ access }) => access === 'admin')) return yes('only admins read it')
  const words = readers.map(({ read }) => `${read.summary}. ${read.description.split('. ')[0] ?? ''}`).join(' ')
  if (THEIRS.test(words)) return yes('its description says that it is the caller’s own')
  if (EVERYBODYS.test(words)) return no('its description speaks of what everybody may read')
  const writers = operations.filter(
    ({ purpose }) => purpose === 'create' || purpose === 'update' || purpose === 'delete',
  )
  const byAdmins = writers.length > 0 && writers.every(({ access }) => access === 'admin')
  if (byAdmins && owner === null && tenant === null && !given.underUser && readers.length > 0)
    return no('admins write it and everybody reads it')
  const isContent = CONTENT.test(name.replace(/^.*[a-z](?=[A-Z])/, ''))
  if (isContent && (given.underUser || owner !== null)) return unknown(`a ${name} is often made for others to read`)
  if (given.underUser) return likely('its path stands under a user')
  if (owner !== null && tenant !== null)
    return unknown(`its field ${owner} names an owner, but its tenant may share it`)
  if (owner !== null && !/^(author|creator|created)/i.test(owner)) return likely(`its field ${owner} names an owner`)
  if (owner !== null) return unknown(`its field ${owner} names who made it, which shared content has too`)
  if (given.isUser)
    return readers.some(({ purpose, access }) => purpose === 'list' && access !== 'admin')
      ? unknown('every user may list users')
      : likely('it is a user’s own record')
  if (writers.length === 0) return unknown('nobody writes it, so that it may be a catalogue')
  return unknown('nothing says whose its objects are')
}

function byContract({ read, owner, relations }: XResource): Privacy {
  if (opensToAll(read)) return no('the contract lets every signed-in caller read it')
  if (owner !== null) return yes(`the contract names its owner: ${owner}`)
  return relations.length > 0
    ? yes('the contract lets those read it who stand in a relation to it')
    : yes('the contract limits who reads it')
}

function opensToAll(rule: XRule): boolean {
  if ('any' in rule) return rule.any.some(opensToAll)
  if ('all' in rule) return rule.all.every(opensToAll)
  return 'anyone' in rule || 'signedIn' in rule
}
