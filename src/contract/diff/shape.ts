/** What a schema says of the value at one place. What is absent is not bounded. */
export interface Shape {
  readonly types?: readonly string[]
  readonly required?: true
  /** Members that nobody declared: `any`, or `typed` where a schema holds them. Absent: they are refused. */
  readonly open?: 'any' | 'typed'
  /** The resource whose id it is: loaded and authorized. */
  readonly ref?: string
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minProperties?: number
  readonly maxProperties?: number
  /** Keywords that are only told equal or not, as text. */
  readonly other?: string
  /** The schema is too large to be followed below. */
  readonly cut?: true
}

/** The shapes of a schema by place: `''` is the value itself, `/total` a member, `/*` each item, `/{}` each undeclared member. */
export type Shapes = Readonly<Record<string, Shape>>

export type Flat = ReadonlyMap<string, Shape>

const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'] as const
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'] as const
/** Keywords that bound a value from above, and from below. */
export const BOUNDS = { upper: UPPER, lower: LOWER } as const
type Bound = (typeof UPPER)[number] | (typeof LOWER)[number]

/** The types that a bound is about: it says nothing of others. */
export const TYPES_OF: Readonly<Record<Bound, readonly string[]>> = {
  minLength: ['string'],
  maxLength: ['string'],
  minimum: ['integer', 'number'],
  maximum: ['integer', 'number'],
  exclusiveMinimum: ['integer', 'number'],
  exclusiveMaximum: ['integer', 'number'],
  minItems: ['array'],
  maxItems: ['array'],
  minProperties: ['object'],
  maxProperties: ['object'],
}
/** Whether a value of one of these types fits. */
export const admits = ({ types }: Shape, wanted: readonly string[]): boolean =>
  types === undefined || types.some((type) => wanted.includes(type))

/** Whether some of the schema was left out for its size. */
export const isCut = (shapes: Shapes): boolean => Object.values(shapes).some(({ cut }) => cut)
