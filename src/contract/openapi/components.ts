import { describeAccess } from '../access.ts'
import type { AnyResource, FieldRule } from '../resource.ts'
import { resourceByUid } from '../resource.ts'
import { type AnySchema, type JsonSchema, jsonSchemaOf } from '../schema.ts'

/** Collects the schemas of a document: one for each resource, and those that refer to themselves. */
export class SchemaComponents {
  readonly #full: boolean
  readonly #schemas = new Map<string, JsonSchema>()
  readonly #views = new Map<number, string>()

  constructor(full: boolean) {
    this.#full = full
    this.#schemas.set('Problem', PROBLEM)
  }

  all(): Record<string, JsonSchema> {
    return Object.fromEntries(this.#schemas)
  }

  /** A schema for embedding: views become references, definitions move to the components. */
  embed(schema: AnySchema, direction: 'input' | 'output', name: string): JsonSchema {
    return this.#embed(jsonSchemaOf(schema, direction), name)
  }

  /** The id of a resource, as a path parameter. */
  idOf(resource: AnyResource): JsonSchema {
    return this.#embed(
      jsonSchemaOf(resource.schema, 'output').properties?.[resource.id] ?? { type: 'string' },
      resource.name,
    )
  }

  #embed(root: JsonSchema, name: string): JsonSchema {
    const local = new Map<string, string>()
    for (const key of Object.keys(root.$defs ?? {})) local.set(`#/$defs/${key}`, this.#free(`${name}.${key}`))
    if (refersToRoot(root)) local.set('#', this.#free(name))
    for (const [ref, component] of local) {
      const target = ref === '#' ? root : (root.$defs?.[ref.slice('#/$defs/'.length)] ?? {})
      this.#schemas.set(component, this.#rewrite(target, local, true))
    }
    const self = local.get('#')
    return self === undefined ? this.#rewrite(root, local, true) : { $ref: `#/components/schemas/${self}` }
  }

  #free(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    let name = base
    for (let count = 2; this.#schemas.has(name); count++) name = `${base}-${count}`
    this.#schemas.set(name, {})
    return name
  }

  #rewrite(node: JsonSchema, local: ReadonlyMap<string, string>, isSchema: boolean): JsonSchema {
    if (isSchema && node['x-turnpike-uid'] !== undefined && node['x-turnpike-view'] !== undefined)
      return this.view(resourceByUid(node['x-turnpike-uid']))
    const copy: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(node)) {
      if (
        isSchema &&
        (key === '$defs' ||
          key === '$schema' ||
          key === 'x-turnpike-uid' ||
          (!this.#full && key.startsWith('x-turnpike-')))
      )
        continue
      if (isSchema && key === '$ref') copy[key] = `#/components/schemas/${local.get(String(value)) ?? ''}`
      else if (isSchema && VALUES.has(key)) copy[key] = value
      else copy[key] = this.#value(value, local, isSchema ? !MAPS.has(key) : true)
    }
    return copy as JsonSchema
  }

  #value(value: unknown, local: ReadonlyMap<string, string>, isSchema: boolean): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, local, isSchema))
    return typeof value === 'object' && value !== null ? this.#rewrite(value as JsonSchema, local, isSchema) : value
  }

  /** A reference to the schema of a row as replies show it. */
  view(resource: AnyResource): JsonSchema {
    const known = this.#views.get(resource.uid)
    if (known !== undefined) return { $ref: `#/components/schemas/${known}` }
    const name = this.#free(resource.name)
    this.#views.set(resource.uid, name)
    this.#schemas.set(name, this.#row(resource))
    return { $ref: `#/components/schemas/${name}` }
  }

  /** A row as a reply shows it: what not everybody sees is optional; what nobody sees is absent. */
  #row(resource: AnyResource): JsonSchema {
    const schema = this.#embed(jsonSchemaOf(resource.schema, 'output'), `${resource.name}.row`)
    const properties: Record<string, JsonSchema> = {}
    const restricted = new Set<string>()
    for (const [field, shape] of Object.entries(schema.properties ?? {})) {
      const rule = resource.fields[field] ?? {}
      if (rule.read === false) restricted.add(field)
      else {
        properties[field] = this.#field(shape, rule)
        if (rule.read !== undefined) restricted.add(field)
      }
    }
    const required = (schema.required ?? []).filter((field) => !restricted.has(field))
    return { ...schema, properties, required }
  }

  #field(shape: JsonSchema, rule: FieldRule): JsonSchema {
    const open: JsonSchema = rule.seal && !isNullable(shape) ? { anyOf: [shape, { type: 'null' }] } : shape
    if (rule.read === undefined || rule.read === false) return open
    const who = this.#full ? `In clear for ${describeAccess(rule.read.data)}` : 'In clear for some callers'
    if (rule.mask === undefined) return { ...open, description: `${who}; absent for others.` }
    return {
      anyOf: [...(open.anyOf ?? [open]), { type: 'string', maxLength: 1000 }],
      description: `${who}; masked for others.`,
    }
  }
}

/** Keywords whose members are named by the author, so that a property called `$ref` stays a property. */
const MAPS = new Set(['properties', '$defs', 'patternProperties', 'dependentSchemas'])
/** Keywords whose value is data, not a schema. */
const VALUES = new Set(['default', 'const', 'enum', 'examples', 'example', 'required'])

function refersToRoot(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(refersToRoot)
  if (typeof node !== 'object' || node === null) return false
  return (node as JsonSchema).$ref === '#' || Object.values(node).some(refersToRoot)
}

const PROBLEM: JsonSchema = {
  type: 'object',
  description: 'A refused request (RFC 9457).',
  properties: {
    type: { type: 'string', maxLength: 200 },
    title: { type: 'string', maxLength: 200 },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', maxLength: 100, description: 'Stable; clients may branch on it.' },
    requestId: { type: 'string', maxLength: 100 },
    detail: { type: 'string', maxLength: 1000 },
    faults: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        properties: {
          at: { type: 'string', maxLength: 1000, description: 'A JSON Pointer (RFC 6901).' },
          message: { type: 'string', maxLength: 1000 },
        },
        required: ['at', 'message'],
        additionalProperties: false,
      },
    },
  },
  required: ['type', 'title', 'status', 'code', 'requestId'],
  additionalProperties: false,
}

const isNullable = ({ type, anyOf }: JsonSchema): boolean =>
  type === 'null' || (Array.isArray(type) && type.includes('null')) || anyOf?.some(isNullable) === true
