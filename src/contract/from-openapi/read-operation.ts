import type { ReadBody, ReadContent, ReadOperation, ReadParameter, ReadResponse } from './document.ts'
import type { Faults } from './faults.ts'
import { isJsonObject, type JsonObject, listOf, objectOf, pointer, textOf } from './json-object.ts'
import { readOperationExtension } from './read-operation-extension.ts'
import { requirementsOf } from './read-security.ts'
import type { References } from './references.ts'
import type { SchemaReader } from './schema-reader.ts'

interface Place {
  readonly value: JsonObject
  readonly at: string
}

interface Surroundings {
  readonly root: JsonObject
  readonly references: References
  readonly schemas: SchemaReader
  readonly faults: Faults
}

const PLACES = ['path', 'query', 'header', 'cookie'] as const

/** Reads the operations of one document. */
export class OperationReader {
  readonly #root: JsonObject
  readonly #references: References
  readonly #schemas: SchemaReader
  readonly #faults: Faults

  constructor({ root, references, schemas, faults }: Surroundings) {
    this.#root = root
    this.#references = references
    this.#schemas = schemas
    this.#faults = faults
  }

  /** @param item - The path item: its parameters and servers are those of each of its operations. */
  read(method: string, path: string, item: Place, { value, at }: Place): ReadOperation {
    const own = requirementsOf(value.security, `${at}/security`, this.#faults)
    const asked = own ?? requirementsOf(this.#root.security, '/security', this.#faults)
    const { extension, fault } = readOperationExtension(value['x-turnpike'])
    if (fault !== null) this.#faults.add(`${at}/x-turnpike`, fault)
    return {
      id: `${method} ${path}`,
      method,
      path,
      operationId: textOf(value.operationId) === '' ? null : textOf(value.operationId),
      summary: textOf(value.summary ?? item.value.summary),
      description: textOf(value.description ?? item.value.description),
      tags: listOf(value.tags)
        .map(textOf)
        .filter((tag) => tag !== ''),
      deprecated: value.deprecated === true,
      parameters: this.#parameters(path, item, { value, at }),
      body: this.#body(value.requestBody, `${at}/requestBody`),
      responses: this.#responses(value.responses, `${at}/responses`),
      security: asked === null || asked.isOptional ? null : asked.sets,
      scopes: asked?.scopes ?? [],
      openOnPurpose: own?.isOptional === true,
      extension,
      extensionFault: fault,
      servers: listOf(value.servers ?? item.value.servers)
        .map((server) => textOf(objectOf(server).url))
        .filter((url) => url !== ''),
    }
  }

  /** A parameter of the operation replaces the one of its path with the same name and place. */
  #parameters(path: string, item: Place, operation: Place): readonly ReadParameter[] {
    const found = new Map<string, ReadParameter>()
    for (const { value, at } of [item, operation]) {
      if (value.parameters !== undefined && !Array.isArray(value.parameters))
        this.#faults.add(`${at}/parameters`, 'is no list')
      listOf(value.parameters).forEach((given, index) => {
        const parameter = this.#parameter(given, pointer(`${at}/parameters`, index))
        if (parameter) found.set(`${parameter.in} ${parameter.name}`, parameter)
      })
    }
    for (const [, name = ''] of path.matchAll(/\{([^{}]*)\}/g)) {
      if (found.has(`path ${name}`)) continue
      this.#faults.add(operation.at, `does not declare its path parameter ${name}`)
      found.set(`path ${name}`, { name, in: 'path', required: true, schema: {}, examples: [], description: '' })
    }
    return [...found.values()]
  }

  #parameter(given: unknown, place: string): ReadParameter | null {
    const target = this.#references.object(given, place)
    if (target === null) return null
    const { value, at } = target
    const name = textOf(value.name)
    const where = PLACES.find((each) => each === value.in)
    if (name === '' || where === undefined) {
      this.#faults.add(at, 'is no parameter: it needs a name, and "in" with path, query, header or cookie')
      return null
    }
    const [content] = this.#content(value.content, `${at}/content`)
    return {
      name,
      in: where,
      required: value.required === true || where === 'path',
      schema: value.schema === undefined && content ? content.schema : this.#schemas.read(value.schema, `${at}/schema`),
      examples: [...this.#examples(value, at), ...(content?.examples ?? [])],
      description: textOf(value.description),
    }
  }

  #body(given: unknown, place: string): ReadBody | null {
    if (given === undefined || given === null) return null
    const target = this.#references.object(given, place)
    if (target === null) return null
    return {
      required: target.value.required === true,
      content: this.#content(target.value.content, `${target.at}/content`),
    }
  }

  #responses(given: unknown, place: string): readonly ReadResponse[] {
    if (given !== undefined && !isJsonObject(given)) this.#faults.add(place, 'is no object')
    return Object.entries(objectOf(given)).flatMap(([key, each]) => {
      if (key.startsWith('x-')) return []
      const status = key === 'default' ? key : key.toUpperCase()
      const at = pointer(place, key)
      if (!/^(?:default|[1-5](?:[0-9]{2}|XX))$/.test(status)) {
        this.#faults.add(at, 'is no status, no 4XX and not default')
        return []
      }
      const target = this.#references.object(each, at)
      // A response that cannot be read is declared all the same.
      const { value, at: found } = target ?? { value: {} as JsonObject, at }
      return {
        status,
        description: textOf(value.description),
        content: this.#content(value.content, `${found}/content`),
        headers: Object.keys(objectOf(value.headers)).map((name) => name.toLowerCase()),
      }
    })
  }

  #content(given: unknown, place: string): readonly ReadContent[] {
    if (given !== undefined && !isJsonObject(given)) this.#faults.add(place, 'is no object')
    return Object.entries(objectOf(given)).flatMap(([mediaType, each]) => {
      const target = this.#references.object(each, pointer(place, mediaType))
      if (target === null) return []
      const { value, at } = target
      // 3.2 describes each item of a stream instead of the whole.
      const key = value.schema === undefined && value.itemSchema !== undefined ? 'itemSchema' : 'schema'
      return { mediaType, schema: this.#schemas.read(value[key], `${at}/${key}`), examples: this.#examples(value, at) }
    })
  }

  /** The values of `example` and `examples`; those that stand elsewhere are not fetched. */
  #examples(given: JsonObject, place: string): readonly unknown[] {
    const one = given.example === undefined ? [] : [given.example]
    if (Array.isArray(given.examples)) return [...one, ...listOf(given.examples)]
    const named = Object.entries(objectOf(given.examples)).flatMap(([name, each]) => {
      const target = this.#references.target(each, pointer(`${place}/examples`, name))
      if (target.kind !== 'value') return []
      // 3.2 tells the value from how it is written; many write the value itself.
      if (!isJsonObject(target.value)) return [target.value]
      const { value, dataValue, externalValue } = target.value
      const found = value ?? dataValue
      return found === undefined && externalValue === undefined && target.value.summary === undefined
        ? [target.value]
        : found === undefined
          ? []
          : [found]
    })
    return [...one, ...named]
  }
}
