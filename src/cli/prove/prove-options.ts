import type { Attack } from '../../prover/attack.ts'
import { ATTACKS } from '../../prover/attacks/attacks.ts'
import type { EngineLimits } from '../../prover/engine/engine.ts'
import type { ProveConfig } from '../../prover/plan/read-config.ts'
import type { AttackSeverity } from '../../prover/verdict.ts'
import { WrongUse } from '../wrong-use.ts'

/** The command line of `turnpike prove`, as commander hands it over: texts. */
export interface ProveFlags {
  readonly openapi?: string
  readonly config?: string
  readonly identities?: string
  /** `name=token`, repeated. */
  readonly as?: readonly string[]
  readonly har?: string
  readonly init?: boolean
  readonly check?: boolean
  readonly plan?: boolean
  readonly calibrate?: boolean
  /** Ids, numbers or risks. */
  readonly only?: string
  readonly safe?: boolean
  readonly allowWrites?: boolean
  readonly scope?: readonly string[]
  readonly callback?: string
  readonly rate?: string
  readonly concurrency?: string
  readonly maxRequests?: string
  readonly maxWait?: string
  readonly timeout?: string
  readonly seed?: string
  readonly resume?: boolean | string
  readonly runs: string
  readonly baseline: string
  /** What is new becomes open, and what was held becomes fixed. */
  readonly updateBaseline?: boolean
  readonly failOn: string
  readonly json?: string
  readonly sarif?: string
  readonly junit?: string
  readonly html?: string
  readonly harOut?: string
}

const SEVERITIES: readonly AttackSeverity[] = ['critical', 'high', 'medium', 'low', 'info']

/** @throws {WrongUse} For a severity that there is not. */
export function severityOf(text: string): AttackSeverity {
  const found = SEVERITIES.find((each) => each === text)
  if (!found) throw new WrongUse(`--fail-on ${text} is no severity; there are ${SEVERITIES.join(', ')}`)
  return found
}

/** The attacks that `--only` names: ids, numbers or risks, with commas between. @throws {WrongUse} For an unknown one. */
export function chosenAttacks(only: string | undefined): readonly Attack[] {
  if (only === undefined) return ATTACKS
  const names = only.split(',').map((name) => name.trim())
  const matching = (name: string) =>
    ATTACKS.filter(({ id, number, risk }) => id === name || String(number) === name || risk === name.toUpperCase())
  const unknown = names.filter((name) => matching(name).length === 0)
  if (unknown.length > 0)
    throw new WrongUse(
      `--only: there is no attack ${unknown.join(', ')}; name risks (API1), numbers (1) or ids (${ATTACKS[0]?.id}); prove --plan lists them`,
    )
  return ATTACKS.filter((attack) => names.some((name) => matching(name).includes(attack)))
}

function numeric(flag: string, text: string | undefined, usual: number, whole = true): number {
  if (text === undefined) return usual
  const value = Number(text)
  if (text.trim() === '' || !(value > 0) || (whole && !Number.isInteger(value)))
    throw new WrongUse(`--${flag} ${text} is no ${whole ? 'whole ' : ''}number above 0`)
  return value
}

export interface Pace {
  readonly limits: EngineLimits
  readonly concurrency: number
  readonly seed: number
}

/** How fast, how long and how much: flags win over `turnpike.yaml`, and that over what is usual for the target. */
export function paceOf(
  flags: ProveFlags,
  config: ProveConfig | null,
  target: { readonly isOurs: boolean; readonly isLoopback: boolean },
): Pace {
  const told = config?.limits
  return {
    concurrency: numeric('concurrency', flags.concurrency, told?.concurrency ?? 4),
    seed: numeric('seed', flags.seed, 1),
    limits: {
      rate: numeric('rate', flags.rate, told?.rate ?? (target.isOurs ? 100_000 : target.isLoopback ? 80 : 10), false),
      maxRequests: numeric('max-requests', flags.maxRequests, told?.maxRequests ?? 20_000),
      timeoutMilliseconds: 1000 * numeric('timeout', flags.timeout, told?.timeoutSeconds ?? 10, false),
      maxWaitSeconds: numeric(
        'max-wait',
        flags.maxWait,
        told?.maxWaitSeconds ?? (target.isOurs ? 1_000_000 : 65),
        false,
      ),
      allowWrites: target.isLoopback || (flags.allowWrites ?? config?.allowWrites ?? false),
      scope: flags.scope ?? config?.scope ?? [],
    },
  }
}
