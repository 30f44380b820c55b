export type Faults = ReadonlySet<string>

const COUNT = 28

export function allFaults(): Faults {
  return new Set(Array.from({ length: COUNT }, (_, index) => `F${String(index + 1).padStart(2, '0')}`))
}
