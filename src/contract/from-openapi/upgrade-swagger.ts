import { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, listOf, objectOf, textOf } from './json-object.ts'
import { References } from './references.ts'

/** A Swagger 2.0 document as OpenAPI 3.0, in its common parts: paths, parameters, bodies, responses, security, servers. */
export function upgradeSwagger(given: JsonObject): JsonObject {
  const references = new References(given, new Faults())
  const follow = (value: unknown) => {
    const target = references.target(value, '')
    return objectOf(target.kind === 'value' ? target.value : {})
  }
  const paths = Object.entries(objectOf(given.paths)).map(([path, item]) => [path, pathOf(follow(item), given, follow)])
  const schemes = Object.entries(objectOf(given.securityDefinitions)).map(([name, each]) => [
    name,
    schemeOf(follow(each)),
  ])
  return {
    // What definitions refer to stays where it is.
    ...given,
    openapi: '3.0.3',
    servers: serversOf(given),
    paths: Object.fromEntries(paths),
    components: { schemas: objectOf(given.definitions), securitySchemes: Object.fromEntries(schemes) },
  }
}

type Follow = (value: unknown) => JsonObject

function serversOf({ host, basePath, schemes }: JsonObject): readonly JsonObject[] {
  const path = textOf(basePath)
  if (textOf(host) === '') return path === '' ? [] : [{ url: path }]
  const all = listOf(schemes).map(textOf)
  return (all.length === 0 ? ['https'] : all).map((scheme) => ({ url: `${scheme}://${textOf(host)}${path}` }))
}

function pathOf(item: JsonObject, root: JsonObject, follow: Follow): JsonObject {
  const shared = listOf(item.parameters)
  const entries = Object.entries(item).map(([key, value]) => {
    if (key === 'parameters') return [key, listOf(value).map(follow).filter(isPlain).map(parameterOf)]
    return [key, isJsonObject(value) ? operationOf(value, shared, root, follow) : value]
  })
  return Object.fromEntries(entries)
}

const isPlain = (parameter: JsonObject): boolean => parameter.in !== 'body' && parameter.in !== 'formData'

function operationOf(operation: JsonObject, shared: readonly unknown[], root: JsonObject, follow: Follow): JsonObject {
  const own = listOf(operation.parameters).map(follow)
  const all = [...shared.map(follow), ...own]
  const body = all.findLast((each) => each.in === 'body')
  const fields = all.filter((each) => each.in === 'formData')
  const produces = mediaTypes(operation.produces ?? root.produces)
  const responses = Object.entries(objectOf(operation.responses)).map(([status, each]) => {
    const { schema, examples, ...response } = follow(each)
    return [status, schema === undefined ? response : { ...response, content: contentOf(produces, { schema }) }]
  })
  const consumes = mediaTypes(operation.consumes ?? root.consumes)
  const form = fields.some((each) => each.type === 'file') ? 'multipart/form-data' : 'application/x-www-form-urlencoded'
  return {
    ...operation,
    parameters: own.filter(isPlain).map(parameterOf),
    responses: Object.fromEntries(responses),
    ...(body === undefined
      ? {}
      : { requestBody: { required: body.required, content: contentOf(consumes, { schema: body.schema }) } }),
    ...(fields.length === 0 ? {} : { requestBody: { content: contentOf([form], { schema: formOf(fields) }) } }),
  }
}

function mediaTypes(given: unknown): readonly string[] {
  const all = listOf(given)
    .map(textOf)
    .filter((each) => each !== '')
  return all.length === 0 ? ['application/json'] : all
}

const contentOf = (types: readonly string[], media: JsonObject) =>
  Object.fromEntries(types.map((type) => [type, media]))

/** The keywords of the type stand beside name and place; 3.0 has them in a schema. */
function parameterOf({ name, in: place, required, description, collectionFormat, ...schema }: JsonObject): JsonObject {
  return { name, in: place, required, description, schema }
}

const formOf = (fields: readonly JsonObject[]): JsonObject => ({
  type: 'object',
  properties: Object.fromEntries(
    fields.map((field) => {
      const schema = objectOf(parameterOf(field).schema)
      return [textOf(field.name), schema.type === 'file' ? { ...schema, type: 'string', format: 'binary' } : schema]
    }),
  ),
  required: fields.filter((field) => field.required === true).map((field) => textOf(field.name)),
})

const FLOWS: Readonly<Record<string, string>> = { application: 'clientCredentials', accessCode: 'authorizationCode' }

function schemeOf(scheme: JsonObject): JsonObject {
  if (scheme.type === 'basic') return { ...scheme, type: 'http', scheme: 'basic' }
  if (scheme.type !== 'oauth2') return scheme
  const flow = textOf(scheme.flow)
  return { ...scheme, flows: { [FLOWS[flow] ?? flow]: scheme } }
}
