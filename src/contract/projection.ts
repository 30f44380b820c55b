import type { AnyResource, FieldRule } from './resource.ts'
import { resourceByUid } from './resource.ts'
import { type JsonSchema, jsonSchemaOf, resolveRef } from './schema.ts'

type Row = Readonly<Record<string, unknown>>

/** Who reads, and how sealed values and masks are dealt with. Synchronous: data keys are loaded before. */
export interface Reader {
  /** Whether this reader sees the field of this row in clear. */
  reads(rule: NonNullable<FieldRule['read']>, resource: AnyResource, row: Row): boolean
  /** The plain value of a sealed field; null when its key was destroyed. */
  open(resource: AnyResource, field: string, row: Row): unknown
  mask(mask: NonNullable<FieldRule['mask']>, value: string): string
}

/** A reply that does not match its contract. The pipeline answers 500 and keeps the body back. */
export class ReplyMismatch extends Error {
  constructor(at: string, message: string) {
    super(`reply${at}: ${message}`)
    this.name = 'ReplyMismatch'
  }
}

export interface SchemaFault {
  readonly at: string
  readonly message: string
}

/** Builds a fresh plain value from a handler's value. @throws {ReplyMismatch} */
export type Project = (value: unknown, reader: Reader) => unknown

type Step = (value: unknown, reader: Reader, at: string) => unknown

/**
 * Compiles a reply's JSON Schema into a projection: an allow-list that copies declared members only (OWASP API3), with read rules and masks.
 * Refuses what an allow-list cannot hold: tuples, `any`, loose objects, intersections, unions without a discriminator.
 */
export function compileProjection(schema: JsonSchema): {
  readonly project: Project
  readonly faults: readonly SchemaFault[]
} {
  const compiler = new Compiler(schema)
  const step = compiler.step(schema, '')
  return { project: (value, reader) => step(value, reader, ''), faults: compiler.faults }
}

class Compiler {
  readonly faults: SchemaFault[] = []
  readonly #root: JsonSchema
  readonly #known = new Map<JsonSchema, { step: Step | null }>()
  constructor(root: JsonSchema) {
    this.#root = root
  }

  step(node: JsonSchema, at: string): Step {
    const target = resolveRef(node, this.#root)
    const known = this.#known.get(target)
    // A recursive schema meets itself here before it is finished.
    if (known) return (value, reader, place) => (known.step as Step)(value, reader, place)
    const slot: { step: Step | null } = { step: null }
    this.#known.set(target, slot)
    slot.step = this.#build(target, at)
    return slot.step
  }

  #fault(at: string, message: string): Step {
    this.faults.push({ at, message })
    return () => {
      throw new ReplyMismatch(at, message)
    }
  }

  #build(node: JsonSchema, at: string): Step {
    if (node['x-turnpike-view'] !== undefined && node['x-turnpike-uid'] !== undefined)
      return this.#view(resourceByUid(node['x-turnpike-uid']), at)
    if (node.prefixItems) return this.#fault(at, 'a tuple cannot be projected; use an object')
    if (node.allOf) return this.#fault(at, 'an intersection cannot be projected; write one strict object')
    const branches = node.anyOf ?? node.oneOf
    if (branches) return this.#union(branches, at)
    if (node.const !== undefined || node.enum) return constant(node)
    if (Array.isArray(node.type))
      return this.#union(
        node.type.map((type) => ({ ...node, type })),
        at,
      )
    switch (node.type) {
      case 'object':
        return this.#object(node, at)
      case 'array':
        return this.#array(node, at)
      case 'string':
        return string(node)
      case 'integer':
      case 'number':
        return number(node)
      case 'boolean':
        return (value, _reader, place) => (typeof value === 'boolean' ? value : mismatch(place, 'a boolean', value))
      case 'null':
        return (value, _reader, place) => (value === null ? null : mismatch(place, 'null', value))
      default:
        return this.#fault(at, 'it may be anything; give it a type')
    }
  }

  #object(node: JsonSchema, at: string): Step {
    if (typeof node.additionalProperties === 'object' && !node.properties) {
      const values = this.step(node.additionalProperties, `${at}/*`)
      return (value, reader, place) => {
        const copy: Record<string, unknown> = {}
        for (const [name, item] of Object.entries(record(value, place))) {
          if (name === '__proto__') return mismatch(`${place}/${name}`, 'another name', name)
          copy[name] = values(item, reader, `${place}/${name}`)
        }
        return copy
      }
    }
    if (node.additionalProperties !== false)
      return this.#fault(at, 'a loose object would leak what is added to it; use z.strictObject')
    const members = this.#members(node, at)
    return (value, reader, place) => {
      const source = record(value, place)
      const copy: Record<string, unknown> = {}
      for (const { name, step, required } of members) {
        const item = source[name]
        if (item !== undefined) copy[name] = step(item, reader, place)
        else if (required) mismatch(`${place}/${name}`, 'a value', item)
      }
      return copy
    }
  }

  #members(node: JsonSchema, at: string) {
    return Object.entries(node.properties ?? {}).map(([name, child]) => {
      const inner = this.step(child, `${at}/${name}`)
      const suffix = `/${name}`
      const step: Step = (value, reader, place) => inner(value, reader, place + suffix)
      return { name, step, required: node.required?.includes(name) === true }
    })
  }

  /** One row of a resource: declared fields only, each by its read rule. */
  #view(resource: AnyResource, at: string): Step {
    const schema = jsonSchemaOf(resource.schema, 'output')
    const inner = new Compiler(schema)
    if (schema.type !== 'object' || schema.additionalProperties !== false)
      return this.#fault(at, `resource "${resource.name}" is no strict object`)
    const members = inner
      .#members(schema, at)
      .map((member) => ({ ...member, rule: resource.fields[member.name] ?? {} }))
    this.faults.push(...inner.faults)
    return (value, reader, place) => {
      const row = record(value, place)
      const copy: Record<string, unknown> = {}
      for (const { name, step, required, rule } of members) {
        const held = row[name]
        if (held === undefined || held === null) {
          if (held === null) copy[name] = rule.seal ? null : step(null, reader, place)
          else if (required) mismatch(`${place}/${name}`, 'a value', held)
          continue
        }
        if (rule.read === false) continue
        const clear = rule.read === undefined || reader.reads(rule.read, resource, row)
        if (!clear && rule.mask === undefined) continue
        const plain = rule.seal ? reader.open(resource, name, row) : held
        // The owner's key is gone, and with it the value (a deleted person).
        if (plain === null) copy[name] = null
        else
          copy[name] = clear
            ? step(plain, reader, place)
            : reader.mask(rule.mask as NonNullable<FieldRule['mask']>, String(plain))
      }
      return copy
    }
  }

  #array(node: JsonSchema, at: string): Step {
    if (!node.items) return this.#fault(at, 'its items may be anything; give them a schema')
    const item = this.step(node.items, `${at}/*`)
    const max = node.maxItems ?? Number.POSITIVE_INFINITY
    return (value, reader, place) => {
      if (!Array.isArray(value)) return mismatch(place, 'an array', value)
      if (value.length > max) return mismatch(place, `at most ${max} items`, value)
      const copy = new Array<unknown>(value.length)
      for (let index = 0; index < value.length; index++) copy[index] = item(value[index], reader, `${place}/${index}`)
      return copy
    }
  }

  #union(branches: readonly JsonSchema[], at: string): Step {
    const nodes = branches.map((branch) => resolveRef(branch, this.#root))
    const nullable = nodes.some((node) => node.type === 'null')
    const others = nodes.filter((node) => node.type !== 'null')
    const chosen = others.length === 1 ? this.step(others[0] as JsonSchema, at) : this.#choose(others, at)
    return (value, reader, place) => (value === null && nullable ? null : chosen(value, reader, place))
  }

  #choose(nodes: readonly JsonSchema[], at: string): Step {
    const kinds = nodes.map((node) =>
      node.type === 'integer'
        ? 'number'
        : typeof node.type === 'string'
          ? node.type
          : typeof (node.const ?? node.enum?.[0]),
    )
    if (kinds.every((kind) => kind !== 'object' && kind !== 'array') && new Set(kinds).size === kinds.length) {
      const steps = new Map(nodes.map((node, index) => [kinds[index], this.step(node, at)]))
      return (value, reader, place) =>
        (steps.get(typeof value) ?? (() => mismatch(place, kinds.join(' or '), value)))(value, reader, place)
    }
    if (nodes.every((node) => node.const !== undefined || node.enum)) {
      const values = new Set(nodes.flatMap((node) => node.enum ?? [node.const]))
      return (value, _reader, place) => (values.has(value) ? value : mismatch(place, 'one of the listed values', value))
    }
    const tag = Object.keys(nodes[0]?.properties ?? {}).find((name) => {
      const values = nodes.map((node) => (node.required?.includes(name) ? node.properties?.[name]?.const : undefined))
      return values.every((value) => typeof value === 'string') && new Set(values).size === values.length
    })
    if (tag === undefined)
      return this.#fault(at, 'a union without a discriminator might take the wider branch; use z.discriminatedUnion')
    const steps = new Map(nodes.map((node) => [node.properties?.[tag]?.const, this.step(node, at)]))
    return (value, reader, place) => {
      const step = steps.get(record(value, place)[tag])
      return step ? step(value, reader, place) : mismatch(`${place}/${tag}`, 'a known kind', record(value, place)[tag])
    }
  }
}

function constant(node: JsonSchema): Step {
  const values = new Set(node.enum ?? [node.const])
  return (value, _reader, place) => (values.has(value) ? value : mismatch(place, 'one of the listed values', value))
}

function string(node: JsonSchema): Step {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = node
  // The pattern is the contract author's own, written at start-up, never a caller's.
  // eslint-disable-next-line security/detect-non-literal-regexp
  const pattern = node.pattern === undefined ? null : new RegExp(node.pattern, 'u')
  const date = node.format === 'date-time'
  return (given, _reader, place) => {
    const value = date && given instanceof Date ? given.toISOString() : given
    if (typeof value !== 'string') return mismatch(place, 'a string', value)
    if (!hasLength(value, minLength, maxLength) || (pattern && !pattern.test(value)))
      return mismatch(place, 'a string of the declared form', value)
    return value
  }
}

/** Counts code points (JSON Schema validation, section 6.3.1), as schemas count input: what was let in can be shown. */
function hasLength(value: string, min: number, max: number): boolean {
  const units = value.length
  // A code point is one unit or two.
  if (units >= min * 2 && units <= max) return true
  if (units < min || units > max * 2) return false
  const points = [...value].length
  return points >= min && points <= max
}

function number(node: JsonSchema): Step {
  const whole = node.type === 'integer'
  const min = node.minimum ?? Number.NEGATIVE_INFINITY
  const max = node.maximum ?? Number.POSITIVE_INFINITY
  const above = node.exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const below = node.exclusiveMaximum ?? Number.POSITIVE_INFINITY
  return (value, _reader, place) => {
    if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
      return mismatch(place, whole ? 'a whole number' : 'a number', value)
    if (
      !(value >= min && value <= max) ||
      value < above ||
      (value === above && node.exclusiveMinimum !== undefined) ||
      value > below ||
      (value === below && node.exclusiveMaximum !== undefined)
    ) {
      return mismatch(place, 'a number in the declared range', value)
    }
    return value
  }
}

function record(value: unknown, at: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return mismatch(at, 'an object', value)
  return value as Row
}

/** Says what kind of value was found, never the value: it may be somebody's secret. */
function mismatch(at: string, expected: string, value: unknown): never {
  const found =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : value instanceof Date
          ? 'a Date'
          : `a value of type ${typeof value}`
  throw new ReplyMismatch(at, `expected ${expected}, found ${found}`)
}
