import type { ReadDocument, ReadOperation, SecurityScheme } from './document.ts'
import { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, listOf, objectOf, pointer, textOf } from './json-object.ts'
import { noticedIn } from './parse-document.ts'
import { readDocumentExtension } from './read-document-extension.ts'
import { OperationReader } from './read-operation.ts'
import { securitySchemeOf } from './read-security.ts'
import { References } from './references.ts'
import { SchemaReader } from './schema-reader.ts'
import { upgradeSwagger } from './upgrade-swagger.ts'

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch', 'options', 'head', 'trace', 'query'])

/**
 * Reads an OpenAPI document of any origin, parsed; nothing is fetched. Parts that make no sense are left out and told in `faults`.
 * @throws {TypeError} When it is no OpenAPI 3.0, 3.1 or 3.2 document, nor one of Swagger 2.0.
 */
export function readDocument(given: unknown): ReadDocument {
  const faults = new Faults()
  for (const message of noticedIn(given)) faults.add('', message)
  const root = openApiOf(given, faults)
  const references = new References(root, faults)
  const schemas = new SchemaReader(references, faults)
  const components = objectOf(root.components)
  const securitySchemes = namedOf(components.securitySchemes, '/components/securitySchemes', (each, at) => {
    const scheme = references.object(each, at)
    return scheme && securitySchemeOf(scheme.value, scheme.at, faults)
  })
  const operations = operationsOf(root, references, new OperationReader({ root, references, schemas, faults }), faults)
  const named = namedOf(components.schemas, '/components/schemas', (each, at) => schemas.read(each, at))
  schemas.finish()
  const { extension, fault } = readDocumentExtension(root['x-turnpike'])
  if (fault !== null) faults.add('/x-turnpike', fault)
  unknownSchemes(operations, securitySchemes, faults)
  const serverNotes = serversOf(root.servers)
  const info = objectOf(root.info)
  return {
    title: textOf(info.title).trim() === '' ? 'API' : textOf(info.title),
    version: textOf(info.version),
    servers: serverNotes.map(({ url }) => url),
    serverNotes,
    operations,
    securitySchemes,
    schemas: named,
    extension,
    faults: faults.list(),
  }
}

function openApiOf(given: unknown, faults: Faults): JsonObject {
  if (!isJsonObject(given))
    throw new TypeError('it is no OpenAPI document: an object with "openapi" and "paths" is needed')
  const root = /^2(\.|$)/.test(textOf(given.swagger)) ? upgradeSwagger(given) : given
  const version = textOf(root.openapi)
  // YAML reads `openapi: 3.0` as the number 3.
  if (!/^3(\.[012](\.|$)|$)/.test(version))
    throw new TypeError(
      version === ''
        ? 'it is no OpenAPI document: "openapi: 3.1.0" is missing at its root'
        : `it is no OpenAPI 3.0, 3.1 or 3.2 document: "openapi" is ${version.slice(0, 20)}`,
    )
  if (!['paths', 'webhooks', 'components'].some((key) => isJsonObject(root[key])))
    throw new TypeError('it is no OpenAPI document: "paths" is missing at its root')
  if (root.paths !== undefined && !isJsonObject(root.paths)) faults.add('/paths', 'is no object')
  return root
}

function operationsOf(
  root: JsonObject,
  references: References,
  reader: OperationReader,
  faults: Faults,
): ReadOperation[] {
  return Object.entries(objectOf(root.paths)).flatMap(([path, given]) => {
    const at = pointer('/paths', path)
    if (path.startsWith('x-')) return []
    if (!path.startsWith('/')) faults.add(at, 'is no path: it does not begin with /')
    const item = path.startsWith('/') ? references.object(given, at) : null
    if (item === null) return []
    const named = Object.entries(item.value).filter(([method]) => METHODS.has(method.toLowerCase()))
    const further = Object.entries(objectOf(item.value.additionalOperations))
    return [...named, ...further].flatMap(([method, operation]) => {
      const place = pointer(item.at, method)
      if (isJsonObject(operation))
        return [reader.read(method.toUpperCase(), path, item, { value: operation, at: place })]
      faults.add(place, 'is no operation')
      return []
    })
  })
}

function namedOf<T>(given: unknown, at: string, read: (each: unknown, at: string) => T | null): Record<string, T> {
  const entries = Object.entries(objectOf(given)).flatMap(([name, each]) => {
    const found = read(each, pointer(at, name))
    return found === null ? [] : [[name, found] as const]
  })
  return Object.fromEntries(entries)
}

function serversOf(given: unknown): ReadDocument['serverNotes'] {
  return listOf(given)
    .map(objectOf)
    .flatMap((server) => {
      const url = textOf(server.url)
      const internal = typeof server['x-internal'] === 'boolean' ? server['x-internal'] : null
      return url === '' ? [] : [{ url, description: textOf(server.description), internal }]
    })
}

function unknownSchemes(
  operations: readonly ReadOperation[],
  schemes: Readonly<Record<string, SecurityScheme>>,
  faults: Faults,
): void {
  const asked = new Set(operations.flatMap(({ security }) => security?.flat() ?? []))
  for (const name of asked)
    if (!Object.hasOwn(schemes, name))
      faults.add('/components/securitySchemes', `does not have ${name}, which operations ask for`)
}
