import { isPublic } from '../../access.ts'
import { holdsObject, needsAuthority } from '../covers.ts'
import type { ForeignDocument, ForeignOperation, ForeignRule } from './document.ts'
import type { OperationFacts } from './read-extension.ts'

export const idParameter: ForeignRule = {
  id: 'id-parameter',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'The document says whose the objects are that callers name',
  *check(document) {
    for (const operation of document.operations) {
      const { extension } = operation
      for (const parameter of operation.parameters) {
        if (!isId(parameter, extension)) continue
        const { name, in: place } = parameter
        if (extension === null)
          yield {
            operation,
            message: `the client chooses ${place} ${name}, and nothing says who may; only an attack or x-turnpike can tell`,
            fix: `x-turnpike: { params: { ${name}: { resource: … } }, access: { owns: ${name} }, limit: { rate: 100/minute } }`,
          }
        else if (!isAnswered(document, operation, parameter, extension))
          yield {
            operation,
            severity: 'error',
            message: `the client chooses ${place} ${name}, and the access of x-turnpike lets callers in who have nothing to do with it`,
            fix: place === 'path' ? `access: { owns: ${name} }` : `access: { role: … }, or ${name} in the path`,
          }
      }
    }
  },
}

type Parameter = ForeignOperation['parameters'][number]

function isId({ name, in: place, schema }: Parameter, extension: OperationFacts | null): boolean {
  if (place === 'query') return /._id$|.I[dD]$/.test(name) && schema['x-turnpike-ref'] === undefined
  if (place !== 'path') return false
  return /(^|_)id$|I[dD]$|uuid/i.test(name) || schema.format === 'uuid' || !!extension?.params[name]?.resource
}

/** As the rules for contracts have it: the object is held, everybody may read it, or an authority is asked. */
function isAnswered(
  { openResources }: ForeignDocument,
  { method }: ForeignOperation,
  { name }: Parameter,
  { access, params }: OperationFacts,
): boolean {
  if (isHeld({ access, params }, name, new Set())) return true
  const resource = params[name]?.resource ?? null
  if (resource === null) return isPublic(access) || needsAuthority(access)
  return method === 'GET' && openResources.includes(resource)
}

/** A parent is held when its child is. */
function isHeld(facts: OperationFacts, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false
  seen.add(name)
  if (holdsObject(facts.access, name)) return true
  return Object.entries(facts.params).some(([child, { within }]) => within === name && isHeld(facts, child, seen))
}
