import { NOBODY } from '../../prover/engine/engine.ts'
import type { Exchange } from '../../prover/engine/exchange.ts'
import type { Session } from '../../prover/identities.ts'
import { checkIdentities, type IdentityCheck } from '../../prover/plan/check.ts'
import type { Plan } from '../../prover/plan/plan.ts'
import { type OpenRun, openRun } from '../../prover/prove.ts'
import { visible } from '../../prover/report/visible.ts'
import { WrongUse } from '../wrong-use.ts'
import { unreachable } from './fetch-document.ts'
import type { Prepared } from './prove-target.ts'

/** What is known before the first attack. */
export interface Standing {
  /** Without identities that do not work: what is denied to them proves nothing. */
  readonly plan: Plan
  readonly sessions: readonly Session[]
  /** What was sent to find out. */
  readonly exchanges: readonly Exchange[]
}

/**
 * Tries whether the target is there and who of the identities works.
 * @throws {WrongUse} When it cannot be reached, or nobody works: then nothing could be tested.
 */
export async function standing(prepared: Prepared, runId: string, signal: AbortSignal): Promise<Standing> {
  const { plan, target, pace } = prepared
  const exchanges = [...prepared.exchanges]
  const open = openRun(plan, target, {
    limits: pace.limits,
    concurrency: pace.concurrency,
    safe: true,
    seed: pace.seed,
    callback: null,
    sessions: prepared.sessions,
    before: exchanges.length,
    runId,
    signal,
    onExchange: (exchange) => exchanges.push(exchange),
  })
  try {
    if (!prepared.isModule) await reach(open, target.base, pace.limits.scope[0])
    // A key that has to be made first is a write.
    const isTried = ({ source }: Plan['identities'][number]) => pace.limits.allowWrites || source.kind !== 'minted'
    const checks = await checkIdentities(plan, open.run, (identity) => isTried(identity.plan))
    const broken = checks.filter(({ works }) => works === 'no')
    if (checks.length > 0 && broken.length === checks.length) throw new WrongUse(nobodyWorks(broken, prepared))
    for (const each of broken)
      process.stderr.write(`turnpike: ${visible(told(each))}; what needs ${each.name} is not tested\n`)
    const lost = new Set(broken.map(({ name }) => name))
    const working = checks.filter(({ name }) => !lost.has(name))
    return {
      plan: {
        ...plan,
        identities: plan.identities.filter(({ name }) => !lost.has(name)),
        notes: [...plan.notes, ...broken.map((each) => `${told(each)}; what needs ${each.name} is not tested`)],
      },
      sessions: await Promise.all(working.map(({ name }) => open.run.identity(name).session())),
      exchanges,
    }
  } finally {
    await open.close()
  }
}

async function reach({ run }: OpenRun, base: URL, scope: string | undefined): Promise<void> {
  const { status, failure } = await run.engine.send(
    {
      method: 'GET',
      path: '',
      rawTarget: scope ?? base.pathname,
      query: [],
      headers: [],
      body: undefined,
      mediaType: 'application/json',
    },
    NOBODY,
    'set-up: whether the target is there',
  )
  if (status !== 0) return
  const reason = await fetch(base, { redirect: 'manual', signal: AbortSignal.timeout(5000) }).then(
    () => `${base.origin} gave no answer (${failure})`,
    (error: unknown) => unreachable(base, error),
  )
  throw new WrongUse(reason)
}

const told = ({ name, why }: IdentityCheck): string =>
  why.startsWith(`${name}: `) ? `${name} does not work: ${why.slice(name.length + 2)}` : `${name} does not work: ${why}`

function nobodyWorks(broken: readonly IdentityCheck[], { name }: Prepared): string {
  const lines = broken.map((each) => `  ${told(each)}${each.next === null ? '' : `\n    ${each.next}`}`)
  return `nobody can sign in, so nothing can be tested:\n${lines.join('\n')}\nWhen that is mended: turnpike prove --check ${name}`
}
