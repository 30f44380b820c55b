import { CHECKS, type Checks } from '../checks.ts'

type AnyCheck = (...given: never[]) => unknown

/** Takes checks away and puts them back while the API runs: what is set up once serves a whole drill. */
export interface Switchboard {
  /** For the gate: each check asks here what stands in its place. */
  readonly checks: Checks
  /** What stands in the place of checks from now on; everything else is as it is in a product. */
  put(away: Away): void
}

/** What is taken away. */
export interface Away {
  readonly checks?: Partial<Checks>
  readonly outbound?: Partial<Checks['outbound']>
}

/** A gate of a drill is built on this; no product is. */
export function switchboard(): Switchboard {
  let away: Away = {}
  const through =
    (find: () => AnyCheck): AnyCheck =>
    (...given) =>
      find()(...given)
  const outbound = Object.fromEntries(
    Object.keys(CHECKS.outbound).map((name) => {
      const key = name as keyof Checks['outbound']
      return [key, through(() => (away.outbound?.[key] ?? CHECKS.outbound[key]) as AnyCheck)]
    }),
  )
  const checks = Object.fromEntries(
    Object.keys(CHECKS).map((name) => {
      const key = name as Exclude<keyof Checks, 'outbound'>
      return [key, name === 'outbound' ? outbound : through(() => (away.checks?.[key] ?? CHECKS[key]) as AnyCheck)]
    }),
  )
  return {
    checks: checks as unknown as Checks,
    put(next) {
      away = next
    },
  }
}
