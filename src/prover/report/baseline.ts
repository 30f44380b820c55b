import { z } from 'zod'
import type { Clock } from '../../base/clock.ts'
import type { Finding } from './findings.ts'

/** What a team knows of its findings: `turnpike.baseline.json`, kept in its repository. */
export interface Baseline {
  readonly version: 1
  readonly findings: readonly BaselineEntry[]
}

export type BaselineEntry = z.infer<typeof entry>

const id = z.string().regex(/^[a-z0-9-]{1,100}$/)
const day = z.iso.date()
const facts = {
  id,
  /** What the finding is of, so that a later run can tell whether it was tried again. */
  attack: z.string().max(200),
  operation: z.string().max(2000).nullable(),
  variant: z.string().max(2000).nullable(),
  title: z.string().max(1000),
  severity: z.enum(['critical', 'high', 'medium', 'low', 'info']),
  /** UTC. */
  firstSeen: day,
}
const entry = z.discriminatedUnion('state', [
  z.strictObject({ ...facts, state: z.literal('open') }),
  z.strictObject({ ...facts, state: z.literal('fixed') }),
  z.strictObject({
    ...facts,
    state: z.literal('accepted'),
    reason: z.string().trim().min(1).max(2000),
    /** Last day on which the acceptance counts, UTC. */
    until: day,
  }),
])
const baseline = z.strictObject({ version: z.literal(1), findings: z.array(entry).max(100_000) })

export const EMPTY_BASELINE: Baseline = { version: 1, findings: [] }

/** @throws {TypeError} When it is no baseline: an unknown key, a date that is none, an acceptance without a reason. */
export function parseBaseline(text: string): Baseline {
  const parsed = baseline.safeParse(parsedJson(text))
  if (!parsed.success) throw new TypeError(`the baseline cannot be read: ${z.prettifyError(parsed.error)}`)
  const ids = parsed.data.findings.map((each) => each.id)
  const twice = ids.find((each, index) => ids.indexOf(each) !== index)
  if (twice !== undefined) throw new TypeError(`the baseline names ${twice} twice; keep one of them`)
  return parsed.data
}

/** Sorted by id, so that a change of one finding is a change of its lines. */
export const formatBaseline = ({ version, findings }: Baseline): string =>
  `${JSON.stringify({ version, findings: [...findings].sort((a, b) => (a.id < b.id ? -1 : 1)) }, null, 2)}\n`

/** Whether an acceptance still counts at this instant. */
export const isAccepted = (given: BaselineEntry, clock: Clock): boolean =>
  given.state === 'accepted' && given.until >= dayOf(clock.now())

/**
 * Accepts a finding until the end of a day (UTC), with a reason.
 * @param findings - Of the run: a finding that is not in the baseline yet is taken from them.
 * @throws {RangeError} For an unknown id, an empty reason, and a day that is none or has passed.
 */
export function accept(
  given: Baseline,
  findings: readonly Finding[],
  { id: wanted, reason, until }: { readonly id: string; readonly reason: string; readonly until: string },
  clock: Clock,
): Baseline {
  const today = dayOf(clock.now())
  if (reason.trim() === '') throw new RangeError('an acceptance needs a reason: --reason "why it may stay"')
  if (!day.safeParse(until).success) throw new RangeError(`"${until}" is no date; write for example --until 2027-03-31`)
  if (until < today) throw new RangeError(`${until} has passed (today is ${today}); name a day to come`)
  const found = findings.find((each) => each.id === wanted)
  const known = given.findings.find((each) => each.id === wanted) ?? (found && entryOf(found, today))
  if (!known)
    throw new RangeError(`there is no finding ${wanted} in the baseline or the run; "turnpike prove report" lists them`)
  const { attack, operation, variant, title, severity, firstSeen } = known
  return replaced(given, {
    id: wanted,
    attack,
    operation,
    variant,
    title,
    severity,
    firstSeen,
    state: 'accepted',
    reason: reason.trim(),
    until,
  })
}

/** The entry of a finding that is seen for the first time. */
export const entryOf = (finding: Finding, today: string): BaselineEntry => ({
  id: finding.id,
  attack: finding.attack.id,
  operation: finding.operation,
  variant: finding.variant,
  title: finding.attack.title,
  severity: finding.severity,
  firstSeen: today,
  state: 'open',
})

/** The baseline with one entry put in, or in the place of the one of its id. */
export const replaced = (given: Baseline, by: BaselineEntry): Baseline => ({
  version: 1,
  findings: [...given.findings.filter((each) => each.id !== by.id), by],
})

/** `2026-01-31`, UTC. */
export const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TypeError(`the baseline is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
