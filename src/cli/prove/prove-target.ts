import { basename } from 'node:path'
import type { ReadDocument } from '../../contract/from-openapi/document.ts'
import { readDocument } from '../../contract/from-openapi/read-document.ts'
import { startTrial } from '../../drill/start-trial.ts'
import { defaultTrial } from '../../drill/trial.ts'
import type { Exchange } from '../../prover/engine/exchange.ts'
import type { ProveTarget } from '../../prover/engine/target.ts'
import type { Session } from '../../prover/identities.ts'
import { readHar } from '../../prover/plan/har.ts'
import type { Plan } from '../../prover/plan/plan.ts'
import { NO_HINTS, type PlanConfig } from '../../prover/plan/plan-config.ts'
import { planOf } from '../../prover/plan/plan-of.ts'
import { planOfHar } from '../../prover/plan/plan-of-har.ts'
import type { ProveConfig } from '../../prover/plan/read-config.ts'
import { withClient } from '../../prover/plan/with-client.ts'
import { openRun } from '../../prover/prove.ts'
import type { Signer } from '../../prover/signer.ts'
import { loadApi } from '../load-api.ts'
import { WrongUse } from '../wrong-use.ts'
import { documentAt, published } from './fetch-document.ts'
import { type Pace, type ProveFlags, paceOf } from './prove-options.ts'
import { readText } from './read-text.ts'
import { LOOPBACK, readProveConfig, whoAttacks } from './who-attacks.ts'

/** Everything that a run needs, whatever was named: a URL with a document, or an api module. */
export interface Prepared {
  readonly plan: Plan
  readonly target: ProveTarget
  readonly pace: Pace
  /** As it was named. */
  readonly name: string
  /** The contract or document on disk, for locations in reports; null where it came over the network. */
  readonly file: string | null
  readonly isModule: boolean
  readonly signer: Signer | null
  readonly callback: string | null
  readonly sessions: readonly Session[]
  /** What was sent already: to sign in and read the whole contract. */
  readonly exchanges: readonly Exchange[]
  close(): Promise<void>
}

/**
 * @param runId - Goes with every request.
 * @throws {WrongUse} When the target, the document or the configuration cannot be used; each says what to write.
 */
export async function prepare(name: string | undefined, flags: ProveFlags, runId: string): Promise<Prepared> {
  const config = await readProveConfig(flags, name)
  const target = name ?? config?.target
  if (target === undefined || target === null)
    throw new WrongUse('name what to attack: a URL, or a module that exports an api; or write target: in turnpike.yaml')
  return /^https?:\/\//.test(target) ? ofUrl(target, flags, config, runId) : ofModule(target, flags, config)
}

async function ofModule(name: string, flags: ProveFlags, config: ProveConfig | null): Promise<Prepared> {
  const pace = paceOf(flags, config, { isOurs: true, isLoopback: true, base: null })
  for (const [flag, isGiven] of [
    ['--har', flags.har !== undefined],
    ['--openapi', flags.openapi !== undefined],
    ['--as', flags.as !== undefined],
  ] as const)
    if (isGiven)
      throw new WrongUse(`${flag} is for a running API, and ${name} is a module: name the URL, or leave ${flag} out`)
  const { api, trial } = await loadApi(name)
  const running = await startTrial(trial ?? defaultTrial(api))
  const hints = config?.planConfig ?? NO_HINTS
  const operations = { ...running.hints.operations, ...hints.operations }
  return {
    plan: withClient(planOf(running.document, { ...hints, operations, identities: running.identities })),
    target: running.target,
    pace,
    name,
    file: name,
    isModule: true,
    signer: running.signer,
    callback: '127.0.0.1',
    sessions: [],
    exchanges: [],
    close: () => running.close(),
  }
}

async function ofUrl(url: string, flags: ProveFlags, config: ProveConfig | null, runId: string): Promise<Prepared> {
  if (!URL.canParse(url)) throw new WrongUse(`"${url}" is no URL; write it like http://127.0.0.1:3000`)
  const base = new URL(url)
  if (base.username !== '' || base.password !== '')
    throw new WrongUse('the URL holds a password; give it with --as, or headers: of an identity in turnpike.yaml')
  base.search = ''
  base.hash = ''
  const isLoopback = LOOPBACK.test(base.hostname)
  const pace = paceOf(flags, config, { isOurs: false, isLoopback, base })
  const target: ProveTarget = {
    base,
    origins: config?.origins ?? [],
    now: () => Date.now(),
    wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    timeIsOurs: false,
  }
  const planConfig = whoAttacks(flags, config)
  const file = flags.openapi ?? config?.openapi ?? null
  const { plan, sessions, exchanges } =
    flags.har === undefined
      ? await documented(base, file, target, planConfig, pace, runId)
      : { plan: await recordedPlan(flags.har, base, planConfig), sessions: [], exchanges: [] }
  return {
    plan: withClient(plan),
    target,
    pace,
    name: url,
    file: file !== null && !/^https?:/.test(file) ? file : null,
    isModule: false,
    signer: null,
    callback: flags.callback ?? config?.callback ?? (isLoopback ? '127.0.0.1' : null),
    sessions,
    exchanges,
    close: async () => {},
  }
}

interface Documented {
  readonly plan: Plan
  readonly sessions: readonly Session[]
  readonly exchanges: readonly Exchange[]
}

/** The plan of the document that was named, or else of what the API publishes: its full contract where an identity may read it. */
async function documented(
  base: URL,
  file: string | null,
  target: ProveTarget,
  config: PlanConfig,
  pace: Pace,
  runId: string,
): Promise<Documented> {
  const found = file === null ? await published(base, runId) : await documentAt(file, runId)
  // The engine reads the base anew with every request.
  if (base.pathname === '/') base.pathname = basePathOf(found)
  const plan = planOf(found, config)
  return file === null ? wholeContract(plan, target, config, pace, runId) : { plan, sessions: [], exchanges: [] }
}

/** Where the document says that its paths begin, when the URL does not say it. */
function basePathOf({ servers }: ReadDocument): string {
  const [first = '/'] = servers
  return URL.canParse(first, 'http://host') ? new URL(first, 'http://host').pathname : '/'
}

/** The plan of a recording. Whose it is its file's name says, or the first identity. */
async function recordedPlan(file: string, base: URL, config: PlanConfig): Promise<Plan> {
  const stem = basename(file).replace(/\.har$|\.json$/i, '')
  const identity = config.identities.find(({ name }) => name === stem) ?? config.identities[0]
  if (!identity)
    throw new WrongUse(
      `a recording names nobody: say whose it is with --as ${stem}=$TOKEN, and add --as for somebody else`,
    )
  const text = await readText(file)
  const plan = understood(() => planOfHar(readHar(JSON.parse(text), base, identity.name), config, identity.name), file)
  if (plan.operations.length === 0)
    throw new WrongUse(
      `"${file}" holds no request to ${base.origin}; record the API itself, or name the origin recorded`,
    )
  return plan
}

function understood(read: () => Plan, file: string): Plan {
  try {
    return read()
  } catch (error) {
    throw new WrongUse(`"${file}" is no recording that can be read: ${(error as Error).message}`, { cause: error })
  }
}

const FULL = '/.well-known/turnpike/openapi.json'

/** The full contract, where the API has one and an identity may read it; else the plan as it was. */
async function wholeContract(
  plan: Plan,
  target: ProveTarget,
  config: PlanConfig,
  { limits, concurrency }: Pace,
  runId: string,
): Promise<Documented> {
  const exchanges: Exchange[] = []
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  if (plan.source === 'contract' || !admin) return { plan, sessions: [], exchanges }
  const onExchange = (exchange: Exchange) => void exchanges.push(exchange)
  const { run, close } = openRun(plan, target, {
    limits,
    concurrency,
    safe: true,
    seed: 1,
    callback: null,
    runId,
    onExchange,
  })
  try {
    const session = await run.identity(admin.name).session()
    const answer = await run.engine.send(
      { method: 'GET', path: FULL, query: [], headers: [], body: undefined, mediaType: 'application/json' },
      session,
      'set-up: the contract',
    )
    const isThere = answer.status === 200 && answer.json !== undefined
    return { plan: isThere ? planOf(readDocument(answer.json), config) : plan, sessions: [session], exchanges }
  } catch {
    // Whoever cannot sign in is told before the first attack.
    return { plan, sessions: [], exchanges }
  } finally {
    await close()
  }
}
