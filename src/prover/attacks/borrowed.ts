import type { Identity } from '../identities.ts'
import type { IdentityPlan } from '../plan/plan.ts'
import type { Probe } from '../probe.ts'
import { NotTested } from '../verdict.ts'
import { usersOf } from './pairs.ts'

/** Whether each sign-in gives a session of its own. */
export const signsIn = ({ source, account }: IdentityPlan): boolean => source.kind === 'login' && account !== null

/**
 * Somebody to spare, or else an ordinary user: for exhausting attacks that leave the account as it was and take no more than a session
 * of their own, a limit that comes back, or further objects.
 * @throws {NotTested} Where there is neither.
 */
export async function borrowed(probe: Probe, wanted: (plan: IdentityPlan) => boolean = () => true): Promise<Identity> {
  try {
    const spare = await probe.throwaway()
    // A new account may have to be confirmed by mail before it signs in.
    await spare.session()
    return spare
  } catch (error) {
    const user = usersOf(probe.plan).findLast(wanted)
    if (!(error instanceof NotTested) || user === undefined) throw error
    return probe.identity(user.name)
  }
}
