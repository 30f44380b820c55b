import type { Attack } from '../attack.ts'
import { firstUser } from '../attacks/pairs.ts'
import type { ProveTarget } from '../engine/target.ts'
import type { Session } from '../identities.ts'
import type { Plan } from '../plan/plan.ts'
import { type CaseResult, caseId, type OpenRun, openRun, type ProveOptions, prove } from '../prove.ts'
import { NotTested } from '../verdict.ts'
import type { Cast } from './credential-faults.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { simulationOf } from './simulations.ts'

/** Whether an attack that passed would have noticed the fault that it looks for. This judges the prover, not the API. */
export interface CalibrationResult {
  readonly attack: string
  /** Id of the case that was repeated: the first of the attack that passed. */
  readonly case: string
  readonly operation: string | null
  /** What was simulated; null where only the API itself could have the fault. */
  readonly fault: string | null
  /**
   * `noticed`: it failed, as it should. `blind`: it passed all the same, so that its passes prove nothing here.
   * `unclear`: with the fault in the way it came to no verdict. `not-simulated`: see `fault`.
   */
  readonly outcome: 'noticed' | 'blind' | 'unclear' | 'not-simulated'
  readonly why: string
}

export type CalibrationOptions = Omit<
  ProveOptions,
  'done' | 'wanted' | 'onExchange' | 'onResult' | 'runId' | 'sessions'
> &
  Pick<Partial<ProveOptions>, 'sessions'> & {
    onCalibration?(result: CalibrationResult, progress: { readonly done: number; readonly total: number }): void
  }

/**
 * Repeats one case of each attack that passed, with a proxy of ours on loopback before the target that simulates the fault.
 * @param options - Of the run; `attacks` are those that may be repeated.
 * @param passed - Its results; those with another outcome are left out.
 */
export async function calibrate(
  plan: Plan,
  target: ProveTarget,
  options: CalibrationOptions,
  passed: readonly CaseResult[],
): Promise<readonly CalibrationResult[]> {
  const firsts = options.attacks.flatMap((attack) => {
    const passes = passed.filter((each) => each.attack === attack.id && each.outcome === 'pass')
    // Sign-ins are spared in the repetition.
    const first = passes.find(({ operation }) => !isSignIn(plan, operation)) ?? passes[0]
    return first ? [{ attack, first }] : []
  })
  const open = openRun(plan, target, options)
  const results: CalibrationResult[] = []
  try {
    for (const { attack, first } of firsts) {
      if (options.signal?.aborted) break
      const result = await calibrated(attack, first, { plan, target, options, open })
      results.push(result)
      options.onCalibration?.(result, { done: results.length, total: firsts.length })
    }
  } finally {
    await open.close()
  }
  return results
}

const isSignIn = (plan: Plan, operation: string | null): boolean => operation !== null && operation === plan.auth.login

/** The results of a run in which what a blind attack passed is inconclusive. */
export function withCalibration(
  results: readonly CaseResult[],
  calibrations: readonly CalibrationResult[],
): readonly CaseResult[] {
  const blind = new Map(calibrations.filter(({ outcome }) => outcome === 'blind').map((each) => [each.attack, each]))
  return results.map((result) => {
    const found = blind.get(result.attack)
    if (!found || result.outcome !== 'pass') return result
    return {
      ...result,
      outcome: 'inconclusive' as const,
      why: `the attack does not notice when ${found.fault}, as a calibration showed; before that: ${result.why}`,
    }
  })
}

interface Range {
  readonly plan: Plan
  readonly target: ProveTarget
  readonly options: CalibrationOptions
  readonly open: OpenRun
}

async function calibrated(attack: Attack, first: CaseResult, range: Range): Promise<CalibrationResult> {
  const { plan, target, options } = range
  const common = { attack: attack.id, case: first.id, operation: first.operation }
  const simulation = simulationOf(attack.number)
  if (simulation === null)
    return { ...common, fault: null, outcome: 'not-simulated', why: 'only the API itself could have the fault' }
  const sessions = await sessionsOf(range)
  const cast = castOf(first, sessions, range)
  if (cast === null) return { ...common, fault: null, outcome: 'not-simulated', why: 'nobody could sign in' }
  const fault = simulation(cast)
  const proxy = await startFaultProxy(target.base, fault)
  try {
    const { results } = await prove(
      plan,
      { ...target, base: proxy.base, origins: [...target.origins, target.base.origin] },
      { ...options, attacks: [attack], sessions, wanted: (each, it) => caseId(each, it) === first.id },
    )
    const [again] = results
    if (again?.outcome === 'fail') return { ...common, fault: fault.told, outcome: 'noticed', why: again.why }
    const outcome = again?.outcome === 'pass' ? 'blind' : 'unclear'
    return { ...common, fault: fault.told, outcome, why: again?.why ?? 'the case was not met again' }
  } finally {
    await proxy.close()
  }
}

function castOf(first: CaseResult, sessions: readonly Session[], { plan, target }: Range): Cast | null {
  const named = (name: string | null | undefined) => sessions.find((each) => each.name === name)
  const owner = named(first.owner) ?? named(firstUser(plan)?.name) ?? sessions[0]
  if (owner === undefined) return null
  return {
    operation: plan.operations.find(({ id }) => id === first.operation) ?? null,
    prefix: target.base.pathname.replace(/\/$/, ''),
    owner,
    attacker: named(first.attacker) ?? null,
  }
}

/** Live credentials of whoever can sign in; renewed where they are about to end. */
async function sessionsOf({ open }: Range): Promise<readonly Session[]> {
  const sessions: Session[] = []
  for (const identity of open.run.identities)
    try {
      sessions.push(await identity.session())
    } catch (error) {
      // Who cannot sign in was told by the run itself.
      if (!(error instanceof NotTested)) throw error
    }
  return sessions
}
