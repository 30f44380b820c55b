import { type InputFault, Refusal } from '../base/refusal.ts'
import { type JsonSchema, resolveRef } from '../contract/schema.ts'

/** What text may stand for, worked out once for each schema. */
interface Plan {
  /** True for any string; a set for the literals only. */
  readonly strings: true | ReadonlySet<string>
  readonly integer: boolean
  readonly number: boolean
  readonly boolean: boolean
  /** Plan of the items when a repeated parameter is a list. */
  readonly items: Plan | null
  readonly expected: string
}

interface MutablePlan {
  strings: true | Set<string>
  integer: boolean
  number: boolean
  boolean: boolean
  items: Plan | null
}

const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/
const NUMBER = /^(?!-0$)-?(?:0|[1-9]\d{0,15})(?:\.\d{0,30}[1-9])?$/
/** A client that asks for a thousand unknown names does not get a thousand answers. */
const MAX_FAULTS = 20
const MAX_NAME = 64
const NO_MATCH = Symbol('no match')

const plans = new WeakMap<JsonSchema, Plan>()
const queryPlans = new WeakMap<JsonSchema, ReadonlyMap<string, Plan>>()

/**
 * Reads a path segment or header by the type its schema names. Canonical spellings only: `20`, never `0x14`, ` 20`, `+20`, `020`, `2e1`, `20.0`;
 * `true` and `false`; strings as they are (ASVS 2.2.1). A schema that also allows any string gets the string. Ranges, patterns and formats are
 * for the schema's own validation afterwards.
 * @param text - Already percent-decoded.
 * @param at - JSON Pointer of the place, for the fault.
 * @throws {Refusal} `invalid_input`.
 */
export function decodeText(text: string, schema: JsonSchema, at: string): unknown {
  const plan = planOf(schema)
  const value = read(text, plan)
  if (value === NO_MATCH) throw invalid([{ at, message: `expected ${plan.expected}` }])
  return value
}

/**
 * Reads a query string by the schema of its object. A parameter repeats only where the schema says array; unknown names, `__proto__` and
 * `a[b]` among them, are refused. `+` is refused: to a form it is a space, to a URI a plus (`%20` and `%2B` say which). Percent escapes of
 * values may be spelled freely, NUL excepted. Defaults and required names are for the schema's own validation afterwards.
 * @param rawQuery - Without `?`.
 * @returns An object without prototype.
 * @throws {Refusal} `invalid_input` with all faults at once, twenty at most.
 * @throws {TypeError} For a schema that a query cannot carry (nested objects).
 */
export function decodeQuery(rawQuery: string, schema: JsonSchema): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null)
  const parameters = parametersOf(schema)
  if (rawQuery === '') return result
  const faults: InputFault[] = []
  for (let start = 0; start <= rawQuery.length && faults.length < MAX_FAULTS; ) {
    const ampersand = rawQuery.indexOf('&', start)
    const end = ampersand === -1 ? rawQuery.length : ampersand
    const message = readParameter(rawQuery.slice(start, end), parameters, result)
    if (message) faults.push(message)
    start = end + 1
  }
  if (faults.length > 0) throw invalid(faults)
  return result
}

function readParameter(
  raw: string,
  parameters: ReadonlyMap<string, Plan>,
  result: Record<string, unknown>,
): InputFault | null {
  const equals = raw.indexOf('=')
  if (equals < 1) return { at: '/query', message: 'expected name=value pairs separated by single "&"' }
  const name = decodeEscapes(raw.slice(0, equals))
  if (name === null) return { at: '/query', message: 'a name is not valid percent-encoded UTF-8' }
  const plan = parameters.get(name)
  if (!plan) return faultAt(name, 'unknown parameter')
  const text = decodeEscapes(raw.slice(equals + 1))
  if (text === null) {
    return faultAt(name, 'not valid percent-encoded UTF-8; write a space as %20 and a plus as %2B')
  }
  const value = read(text, plan.items ?? plan)
  if (value === NO_MATCH) return faultAt(name, `expected ${(plan.items ?? plan).expected}`)
  const before = result[name]
  if (plan.items) {
    if (before === undefined) result[name] = [value]
    else (before as unknown[]).push(value)
    return null
  }
  if (before !== undefined) return faultAt(name, 'repeated')
  result[name] = value
  return null
}

function faultAt(name: string, message: string): InputFault {
  return { at: `/query/${name.slice(0, MAX_NAME).replaceAll('~', '~0').replaceAll('/', '~1')}`, message }
}

function decodeEscapes(raw: string): string | null {
  if (raw.includes('+')) return null
  if (!raw.includes('%')) return raw
  try {
    const text = decodeURIComponent(raw)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

function read(text: string, plan: Plan): unknown {
  const { strings } = plan
  if (strings === true || strings.has(text)) return text
  if (plan.integer && INTEGER.test(text)) {
    const value = Number(text)
    if (Number.isSafeInteger(value)) return value
  }
  if (plan.number && NUMBER.test(text)) {
    const value = Number(text)
    // Fifteen digits always survive a double; more are compared with what comes back.
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER && (text.length <= 15 || String(value) === text)) return value
  }
  if (plan.boolean) {
    if (text === 'true') return true
    if (text === 'false') return false
  }
  return NO_MATCH
}

function parametersOf(schema: JsonSchema): ReadonlyMap<string, Plan> {
  const known = queryPlans.get(schema)
  if (known) return known
  const root = resolveRef(schema, schema)
  const made = new Map<string, Plan>()
  for (const [name, property] of Object.entries(root.properties ?? {}))
    made.set(name, makePlan(property, schema, `/query/${name}`))
  queryPlans.set(schema, made)
  return made
}

function planOf(schema: JsonSchema): Plan {
  let plan = plans.get(schema)
  if (!plan) {
    plan = makePlan(schema, schema, '')
    plans.set(schema, plan)
  }
  return plan
}

function makePlan(schema: JsonSchema, root: JsonSchema, at: string): Plan {
  const plan: MutablePlan = { strings: new Set(), integer: false, number: false, boolean: false, items: null }
  addKinds(plan, schema, root, at, 0)
  return Object.freeze({ ...plan, expected: expectedBy(plan) })
}

function addKinds(plan: MutablePlan, given: JsonSchema, root: JsonSchema, at: string, depth: number): void {
  const schema = resolveRef(given, root)
  const group = schema.anyOf ?? schema.oneOf
  if (depth > 16) throw new TypeError(`${at}: a recursive schema cannot be read from text`)
  if (group) {
    for (const alternative of group) addKinds(plan, alternative, root, at, depth + 1)
  } else if (schema.const !== undefined) {
    addLiteral(plan, schema.const)
  } else if (schema.enum) {
    for (const literal of schema.enum) addLiteral(plan, literal)
  } else if (schema.type === undefined && schema.allOf) {
    // Every part must hold, so any part that names a type will do.
    addKinds(plan, schema.allOf.find((part) => resolveRef(part, root).type !== undefined) ?? {}, root, at, depth + 1)
  } else {
    for (const type of typesOf(schema)) addType(plan, type, schema, root, at)
  }
}

function typesOf(schema: JsonSchema): readonly string[] {
  if (schema.type === undefined) return ['string']
  return typeof schema.type === 'string' ? [schema.type] : schema.type
}

function addLiteral(plan: MutablePlan, literal: unknown): void {
  if (typeof literal === 'string') {
    if (plan.strings !== true) plan.strings.add(literal)
  } else if (typeof literal === 'number') {
    plan.number = true
  } else if (typeof literal === 'boolean') {
    plan.boolean = true
  }
}

function addType(plan: MutablePlan, type: string, schema: JsonSchema, root: JsonSchema, at: string): void {
  switch (type) {
    case 'string':
      plan.strings = true
      break
    case 'integer':
      plan.integer = true
      break
    case 'number':
      plan.number = true
      break
    case 'boolean':
      plan.boolean = true
      break
    case 'null':
      // Text cannot say null; leaving the parameter away can.
      break
    case 'array':
      plan.items = makePlan(schema.items ?? {}, root, at)
      if (plan.items.items) throw new TypeError(`${at}: a list of lists cannot be read from text`)
      break
    default:
      throw new TypeError(
        `${at}: type "${type}" cannot be read from text; use string, integer, number, boolean or an array of these`,
      )
  }
}

function expectedBy(plan: MutablePlan): string {
  const names =
    plan.strings === true ? ['a string'] : [...plan.strings].slice(0, 12).map((literal) => JSON.stringify(literal))
  if (plan.number) names.push('a number, written like 20 or -1.5')
  else if (plan.integer) names.push('an integer, written like 20 or -3')
  if (plan.boolean) names.push('true or false')
  return names.length === 0 ? 'a value that text can say' : names.join(' or ')
}

function invalid(faults: readonly InputFault[]): Refusal {
  return new Refusal('invalid_input', {
    detail: faults.map((fault) => `${fault.at}: ${fault.message}`).join('; '),
    faults,
  })
}
