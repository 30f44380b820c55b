import { isPublic } from '../../access.ts'
import { accessOfRule } from '../../from-openapi/access-of-rule.ts'
import type { ReadDocument, ReadOperation, ReadParameter } from '../../from-openapi/document.ts'
import type { XOperation } from '../../from-openapi/read-operation-extension.ts'
import { holdsObject, needsAuthority } from '../covers.ts'
import type { ForeignRule } from './foreign-rule.ts'
import { inputPlaces, several } from './places-of.ts'

export const idParameter: ForeignRule = {
  id: 'id-parameter',
  risk: 'API1',
  asvs: '8.2.2',
  severity: 'warning',
  title: 'The document says whose the objects are that callers name',
  *check(document) {
    for (const operation of document.operations) {
      const { extension } = operation
      const ids = operation.parameters.filter((parameter) => isId(parameter, extension))
      const open = ids.filter(
        (parameter) => extension === null || !isAnswered(document, operation, parameter, extension),
      )
      const inBody = extension === null ? bodyIds(operation) : []
      const [name] = open.map((parameter) => parameter.name)
      const names = several([...open.map((parameter) => `${parameter.in} ${parameter.name}`), ...inBody])
      if (names === '') continue
      if (extension === null)
        yield {
          operation,
          message: `the client chooses ${names}, and nothing says who may; only an attack or x-turnpike can tell`,
          fix: `x-turnpike: { ${name === undefined ? '' : `params: { ${name}: { resource: … } }, `}access: { owns: ${name ?? '…'} }, limit: { rate: 100/minute } }`,
        }
      else
        yield {
          operation,
          severity: 'error',
          message: `the client chooses ${names}, and the access of x-turnpike lets callers in who have nothing to do with it`,
          fix: open[0]?.in === 'path' ? `access: { owns: ${name} }` : `access: { role: … }, or ${name} in the path`,
        }
    }
  },
}

const ID_NAME = /._ids?$|.I[dD]s?$|.-ids?$/

function isId({ name, in: place, schema }: ReadParameter, extension: XOperation | null): boolean {
  if (place === 'query') return ID_NAME.test(name) && schema['x-turnpike-ref'] === undefined
  if (place !== 'path') return false
  return /(^|_)id$|I[dD]$|-id$|uuid/i.test(name) || schema.format === 'uuid' || !!extension?.params[name]?.resource
}

function bodyIds(operation: ReadOperation): string[] {
  return inputPlaces(operation)
    .filter((each) => each.in === 'body' && ID_NAME.test(each.name ?? '') && each.node['x-turnpike-ref'] === undefined)
    .map(({ place }) => place)
}

/** As the rules for contracts have it: the object is held, everybody may read it, or an authority is asked. */
function isAnswered(
  { extension }: ReadDocument,
  { method }: ReadOperation,
  { name }: ReadParameter,
  { access, params }: XOperation,
): boolean {
  if (isHeld({ access, params }, name, new Set())) return true
  const resource = params[name]?.resource ?? null
  const rule = accessOfRule(access)
  if (resource === null) return isPublic(rule) || needsAuthority(rule)
  const read = extension?.resources[resource]?.read
  return method === 'GET' && read !== undefined && isPublic(accessOfRule(read))
}

/** A parent is held when its child is. */
function isHeld(facts: Pick<XOperation, 'access' | 'params'>, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false
  seen.add(name)
  if (holdsObject(accessOfRule(facts.access), name)) return true
  return Object.entries(facts.params).some(([child, { within }]) => within === name && isHeld(facts, child, seen))
}
