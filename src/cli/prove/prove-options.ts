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
  const isWritten = whole ? /^\d{1,9}$/.test(text) : /^\d{1,9}(\.\d{1,9})?$/.test(text)
  if (!isWritten || !(value > 0))
    throw new WrongUse(
      `--${flag} "${text}" is no ${whole ? 'whole ' : ''}number above 0; write --${flag} ${usual}, say`,
    )
  return value
}

/** Longest time-out or wait that may be asked for: timers of Node end at 24 days, and nobody waits that long. */
const MAX_SECONDS = 86_400

function seconds(flag: string, text: string | undefined, usual: number): number {
  const value = numeric(flag, text, usual, false)
  if (text !== undefined && value > MAX_SECONDS)
    throw new WrongUse(`--${flag} ${text} is more than a day; write at most --${flag} ${MAX_SECONDS}`)
  return value
}

/** Paths; a URL counts where it is of the target. @throws {WrongUse} */
function scopeOf(given: readonly string[], base: URL | null): readonly string[] {
  return given.map((each) => {
    if (each.startsWith('/') && !each.includes('?') && !each.includes('#')) return each
    const url = /^https?:/.test(each) && URL.canParse(each) ? new URL(each) : null
    if (url !== null && url.origin === base?.origin) return url.pathname
    throw new WrongUse(
      url === null
        ? `--scope "${each}" is no path; write it from the first slash on, such as --scope /api/v1`
        : `--scope ${each} is not at the target${base === null ? '' : ` ${base.origin}`}; write a path, such as --scope ${url.pathname}`,
    )
  })
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
  target: { readonly isOurs: boolean; readonly isLoopback: boolean; readonly base: URL | null },
): Pace {
  const told = config?.limits
  return {
    concurrency: numeric('concurrency', flags.concurrency, told?.concurrency ?? 4),
    seed: numeric('seed', flags.seed, 1),
    limits: {
      rate: numeric('rate', flags.rate, told?.rate ?? (target.isOurs ? 100_000 : target.isLoopback ? 80 : 10), false),
      maxRequests: numeric('max-requests', flags.maxRequests, told?.maxRequests ?? 20_000),
      timeoutMilliseconds: 1000 * seconds('timeout', flags.timeout, told?.timeoutSeconds ?? 10),
      maxWaitSeconds: seconds('max-wait', flags.maxWait, told?.maxWaitSeconds ?? (target.isOurs ? 1_000_000 : 65)),
      allowWrites: target.isLoopback || (flags.allowWrites ?? config?.allowWrites ?? false),
      scope: scopeOf(flags.scope ?? config?.scope ?? [], target.base),
    },
  }
}
