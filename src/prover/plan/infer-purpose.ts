import type { ReadDocument, ReadOperation } from '../../contract/from-openapi/document.ts'
import { isSignIn } from './infer-auth.ts'
import { callOf, isOwnId, type Known, listOfReply } from './infer-resources.ts'
import { resourceOfSegment, singular, wordsOf } from './names.ts'
import type { AuthOperations, Purpose, Reference } from './plan.ts'

/** What an operation is for, by method, path, body and reply. */
export function purposeOf(
  operation: ReadOperation,
  references: readonly Reference[],
  auth: AuthOperations,
  document: ReadDocument,
  known: Known,
): Purpose {
  const { id, method, path, extension } = operation
  if (extension?.signed) return 'webhook'
  const { whoAmI: _, ...steps } = auth
  if (Object.values(steps).includes(id) || isSignIn(operation)) return 'auth'
  const place = placeOf(operation, references, document)
  if (isWebhook(operation, place)) return 'webhook'
  const call = callOf(method, path)
  if (call && known.names.has(call.resource)) return call.purpose
  switch (method) {
    case 'GET':
      return reading(operation, place)
    case 'POST':
      return posting(operation, place, document, known)
    case 'PUT':
    case 'PATCH':
      // Some name the object in the body: `PUT /pet` beside `/pet/{petId}`.
      return place === 'item' || (place === 'collection' && ownInBody(references)) ? 'update' : 'action'
    case 'DELETE':
      return place === 'item' || (place === 'collection' && ownInQuery(references)) ? 'delete' : 'action'
    default:
      return 'other'
  }
}

/** Where a path ends: at one object, at a collection of objects, below an object, or elsewhere. */
type Place = 'item' | 'collection' | 'below' | 'elsewhere'

function placeOf({ path }: ReadOperation, references: readonly Reference[], document: ReadDocument): Place {
  const plain = path.replace(/\/$/, '')
  const inPath = references.filter((each) => each.in === 'path')
  if (/\}(\.\w+)?$/.test(plain))
    return inPath.some(({ name }) => plain.includes(`{${name}}`)) && lastIsReference(plain, inPath)
      ? 'item'
      : 'elsewhere'
  if (document.operations.some((each) => each.path.startsWith(`${plain}/{`) && !/\/me$/i.test(plain)))
    return 'collection'
  return inPath.length > 0 ? 'below' : 'elsewhere'
}

const lastIsReference = (path: string, inPath: readonly Reference[]): boolean =>
  inPath.some(({ name }) => path.slice(path.lastIndexOf('{')).startsWith(`{${name}}`))

const ownInBody = (references: readonly Reference[]): boolean =>
  references.some((each) => each.in === 'body' && /^\/(\w+\/)?_?(id|uuid)$/i.test(each.name))
const ownInQuery = (references: readonly Reference[]): boolean => references.some((each) => each.in === 'query')

function isWebhook({ path, method, parameters }: ReadOperation, place: Place): boolean {
  if (method !== 'POST' || place === 'collection' || place === 'item') return false
  return /web-?hook|\/hooks?(\/|$)|callback/i.test(path) || parameters.some(({ name }) => /signature/i.test(name))
}

function reading(operation: ReadOperation, place: Place): Purpose {
  if (place === 'item') return 'read'
  if (listOfReply(operation)) return 'list'
  if (place === 'collection') return 'list'
  // A part or a form of one object: `/orders/{id}/receipt`, `/invoice?id=…`.
  if (place === 'below') return 'read'
  return operation.parameters.some(isOwnId) ? 'read' : 'other'
}

function posting(operation: ReadOperation, place: Place, document: ReadDocument, known: Known): Purpose {
  const { path, responses, body } = operation
  const sibling = (method: string) => document.operations.some((each) => each.path === path && each.method === method)
  // Without PUT and PATCH beside it a POST to an object changes it.
  if (place === 'item') return body !== null && !sibling('PUT') && !sibling('PATCH') ? 'update' : 'action'
  if (place === 'collection') return 'create'
  const last = path.split('/').at(-1) ?? ''
  const word = wordsOf(last).at(-1) ?? ''
  const isPlural = singular(word) !== word
  const made = responses.some(({ status }) => status === '201')
  if (known.names.has(resourceOfSegment(last)) && (isPlural || made)) return 'create'
  return made && (isPlural || sibling('GET')) ? 'create' : 'action'
}

/** Names of body properties, two levels deep. */
export function fieldNames(operation: ReadOperation): readonly string[] {
  return (operation.body?.content ?? []).flatMap(({ schema }) =>
    Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [name, ...Object.keys(child.properties ?? {})]),
  )
}
