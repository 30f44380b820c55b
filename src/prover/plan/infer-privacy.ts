import type { XResource, XRule } from '../../contract/openapi/extension.ts'
import type { Operation, Resource } from './plan.ts'
import type { ResourceHint } from './plan-config.ts'

export interface Privacy {
  readonly private: Resource['private']
  readonly privateWhy: string
}

const yes = (privateWhy: string): Privacy => ({ private: 'yes', privateWhy })
const no = (privateWhy: string): Privacy => ({ private: 'no', privateWhy })
const unknown = (privateWhy: string): Privacy => ({ private: 'unknown', privateWhy })

const THEIRS =
  /\b(your|my|own|owned|current user'?s?|authenticated user'?s?|logged[- ]in user'?s?|caller'?s?|belong(s|ing) to)\b/i
const EVERYBODYS =
  /\bpublic(ly)?\b|\bcatalogu?e\b|\bdirectory\b|\beveryone\b|\bshared with all\b|\bfor all users\b|\ball users can\b/i

/** Whether a resource's objects are somebody's alone: what decides between a hole and a catalogue. */
export function privacyOf(given: {
  readonly name: string
  readonly hint: ResourceHint | undefined
  readonly extension: XResource | null
  /** Of this resource. */
  readonly operations: readonly Operation[]
  readonly owner: string | null
  readonly isUser: boolean
  /** Resources that its path stands under are users. */
  readonly underUser: boolean
}): Privacy {
  const { name, hint, extension, operations, owner } = given
  if (hint?.shared === true) return no('turnpike.yaml says that it is shared')
  if (hint?.shared === false) return yes('turnpike.yaml says that it is not shared')
  if (extension) return byContract(extension)
  if (hint?.owner !== undefined || hint?.ids !== undefined) return yes('turnpike.yaml says whose its objects are')
  const readers = operations.filter(
    ({ purpose, method }) => (purpose === 'read' || purpose === 'list') && method !== 'DELETE',
  )
  const open = readers.find(({ access }) => access === 'public')
  if (open) return no(`${open.id} is public`)
  const words = readers.map(({ read }) => `${read.summary}. ${read.description}`).join(' ')
  if (readers.length > 0 && readers.every(({ access }) => access === 'admin')) return yes('only admins read it')
  if (EVERYBODYS.test(words)) return no('its description speaks of what everybody may read')
  const writers = operations.filter(
    ({ purpose }) => purpose === 'create' || purpose === 'update' || purpose === 'delete',
  )
  if (
    writers.length > 0 &&
    writers.every(({ access }) => access === 'admin') &&
    readers.some(({ access }) => access !== 'admin')
  )
    return no('admins write it and everybody reads it')
  if (given.underUser) return yes('its path stands under a user')
  if (THEIRS.test(words)) return yes('its description says that it is the caller’s own')
  if (owner !== null && !/^(author|creator|created)/i.test(owner)) return yes(`its field ${owner} names an owner`)
  if (owner !== null) return unknown(`its field ${owner} names who made it, which shared content has too`)
  if (given.isUser)
    return readers.some(({ purpose, access }) => purpose === 'list' && access !== 'admin')
      ? unknown('every user may list users')
      : yes('it is a user’s own record')
  if (writers.length === 0) return unknown('nobody writes it, so that it may be a catalogue')
  return unknown(`nothing says whose a ${name} is`)
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
