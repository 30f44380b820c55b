import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ReadDocument } from '../../contract/from-openapi/document.ts'
import { parseDocumentText } from '../../contract/from-openapi/parse-document.ts'
import { readDocument } from '../../contract/from-openapi/read-document.ts'
import { startTrial } from '../../drill/start-trial.ts'
import { defaultTrial } from '../../drill/trial.ts'
import type { ProveTarget } from '../../prover/engine/engine.ts'
import type { Session } from '../../prover/identities.ts'
import { readHar } from '../../prover/plan/har.ts'
import { identityOfToken } from '../../prover/plan/identity-of-token.ts'
import { BEARER, type Plan } from '../../prover/plan/plan.ts'
import { NO_HINTS, type PlanConfig } from '../../prover/plan/plan-config.ts'
import { planOf } from '../../prover/plan/plan-of.ts'
import { planOfHar } from '../../prover/plan/plan-of-har.ts'
import { type ProveConfig, readConfig } from '../../prover/plan/read-config.ts'
import { withClient } from '../../prover/plan/with-client.ts'
import { openRun } from '../../prover/prove.ts'
import type { Signer } from '../../prover/signer.ts'
import { loadApi } from '../load-api.ts'
import { WrongUse } from '../wrong-use.ts'
import { type Pace, type ProveFlags, paceOf } from './prove-options.ts'

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
  close(): Promise<void>
}

/** @throws {WrongUse} When the target, the document or the configuration cannot be used; each says what to write. */
export async function prepare(name: string | undefined, flags: ProveFlags): Promise<Prepared> {
  const config = await readProveConfig(flags)
  const target = name ?? config?.target
  if (target === undefined || target === null)
    throw new WrongUse('name what to attack: a URL, or a module that exports an api; or write target: in turnpike.yaml')
  return /^https?:\/\//.test(target) ? ofUrl(target, flags, config) : ofModule(target, flags, config)
}

async function ofModule(name: string, flags: ProveFlags, config: ProveConfig | null): Promise<Prepared> {
  const { api, trial } = await loadApi(name)
  const running = await startTrial(trial ?? defaultTrial(api))
  const hints = config?.planConfig ?? NO_HINTS
  const operations = { ...running.hints.operations, ...hints.operations }
  return {
    plan: withClient(planOf(running.document, { ...hints, operations, identities: running.identities })),
    target: running.target,
    pace: paceOf(flags, config, { isOurs: true, isLoopback: true }),
    name,
    file: name,
    isModule: true,
    signer: running.signer,
    callback: '127.0.0.1',
    sessions: [],
    close: () => running.close(),
  }
}

async function ofUrl(url: string, flags: ProveFlags, config: ProveConfig | null): Promise<Prepared> {
  if (!URL.canParse(url)) throw new WrongUse(`"${url}" is no URL`)
  const base = new URL(url)
  const isLoopback = LOOPBACK.test(base.hostname)
  const pace = paceOf(flags, config, { isOurs: false, isLoopback })
  const target: ProveTarget = {
    base,
    origins: config?.origins ?? [],
    now: () => Date.now(),
    wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
    timeIsOurs: false,
  }
  const planConfig = whoAttacks(flags, config)
  const file = flags.openapi ?? config?.openapi ?? null
  const { plan, sessions } =
    flags.har === undefined
      ? await documented(base, file, target, planConfig, pace)
      : { plan: await recordedPlan(flags.har, base, planConfig), sessions: [] }
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
    close: async () => {},
  }
}

/** The plan of the document that was named, or else of what the API publishes: its full contract where an identity may read it. */
async function documented(
  base: URL,
  file: string | null,
  target: ProveTarget,
  config: PlanConfig,
  pace: Pace,
): Promise<{ readonly plan: Plan; readonly sessions: readonly Session[] }> {
  const found = file === null ? await published(base) : await documentAt(file)
  // The engine reads the base anew with every request.
  if (base.pathname === '/') base.pathname = basePathOf(found)
  const plan = planOf(found, config)
  return file === null ? wholeContract(plan, target, config, pace) : { plan, sessions: [] }
}

/** Where the document says that its paths begin, when the URL does not say it. */
function basePathOf({ servers }: ReadDocument): string {
  const [first = '/'] = servers
  return URL.canParse(first, 'http://host') ? new URL(first, 'http://host').pathname : '/'
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** `turnpike.yaml`, or the file that was named; null where there is none. */
async function readProveConfig({ config, identities }: ProveFlags): Promise<ProveConfig | null> {
  const named = config ?? ((await exists('turnpike.yaml')) ? 'turnpike.yaml' : undefined)
  const main = named === undefined ? null : await readConfigFile(named)
  const people =
    identities ??
    (main && main.planConfig.identities.length > 0
      ? undefined
      : (await exists(DEMO_IDENTITIES))
        ? DEMO_IDENTITIES
        : undefined)
  if (people === undefined) return main
  const from = await readConfigFile(people)
  return main ? { ...main, planConfig: { ...main.planConfig, ...only(from.planConfig) } } : from
}

const only = ({ identities, unsaid }: PlanConfig): Pick<PlanConfig, 'identities' | 'unsaid'> => ({
  identities,
  ...(unsaid === undefined ? {} : { unsaid }),
})

/** Where the demo writes who may attack it. */
const DEMO_IDENTITIES = 'data/prove-identities.json'

async function readConfigFile(path: string): Promise<ProveConfig> {
  const text = await readText(path)
  try {
    return readConfig(text, path, process.env)
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() === true

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new WrongUse(`"${path}" cannot be read (${error.code ?? error.message})`, { cause: error })
  })
}

/** Identities and hints of the configuration, and identities of `--as`. */
function whoAttacks(flags: ProveFlags, config: ProveConfig | null): PlanConfig {
  const told = config?.planConfig ?? { ...NO_HINTS, identities: [] }
  const given = (flags.as ?? []).map((text) => {
    const [, name, token] = /^([\w-]+)=(.+)$/s.exec(text) ?? []
    if (name === undefined || token === undefined)
      throw new WrongUse(
        'one of --as is not name=token, such as --as alice=$ALICE (is the variable set?); what was given is not shown',
      )
    return identityOfToken(name, token, BEARER)
  })
  const others = told.identities.filter(({ name }) => !given.some((each) => each.name === name))
  return {
    ...told,
    identities: [...others, ...given],
    unsaid: { ...told.unsaid, ...Object.fromEntries(given.map(({ name }) => [name, ['place'] as const])) },
  }
}

/** The plan of a recording. Whose it is its file's name says, or the first identity. */
async function recordedPlan(file: string, base: URL, config: PlanConfig): Promise<Plan> {
  const stem = basename(file).replace(/\.har$|\.json$/i, '')
  const identity = config.identities.find(({ name }) => name === stem) ?? config.identities[0]
  if (!identity)
    throw new WrongUse(
      `a recording names nobody: say whose it is with --as ${stem}=$TOKEN, and add --as for somebody else`,
    )
  try {
    return planOfHar(readHar(JSON.parse(await readText(file)), base, identity.name), config, identity.name)
  } catch (error) {
    if (error instanceof WrongUse) throw error
    throw new WrongUse(`"${file}" is no recording that can be read: ${(error as Error).message}`, { cause: error })
  }
}

const USUAL = [
  '/openapi.json',
  '/openapi.yaml',
  '/swagger.json',
  '/v3/api-docs',
  '/api-docs',
  '/api/openapi.json',
  '/docs/openapi.json',
  '/openapi',
]

/** The document that the API itself publishes. @throws {WrongUse} When none is found. */
async function published(base: URL): Promise<ReadDocument> {
  for (const path of USUAL) {
    const url = new URL(`${base.pathname.replace(/\/$/, '')}${path}`, base)
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) }).catch(
      (error: Error) => {
        const cause = (error.cause as { code?: string } | undefined)?.code ?? error.message
        throw new WrongUse(`${base.origin} cannot be reached (${cause})`, { cause: error })
      },
    )
    if (!answer.ok) continue
    const text = await answer.text()
    try {
      return readDocument(parseDocumentText(text, url.href))
    } catch {
      // A page or another document under a usual name.
    }
  }
  throw new WrongUse(
    `${base.origin} publishes no OpenAPI document at ${USUAL.slice(0, 4).join(', ')} …; name one with --openapi, or a recording with --har`,
  )
}

/** Reads an OpenAPI document from a file or an address. @throws {WrongUse} When it cannot be read. */
export async function documentAt(place: string): Promise<ReadDocument> {
  const text = /^https?:/.test(place)
    ? await (await fetch(place, { signal: AbortSignal.timeout(10_000) })).text()
    : await readText(place)
  try {
    return readDocument(parseDocumentText(text, place))
  } catch (error) {
    throw new WrongUse(`"${place}" cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

const FULL = '/.well-known/turnpike/openapi.json'

/** The full contract, where the API has one and an identity may read it; else the plan as it was. */
async function wholeContract(
  plan: Plan,
  target: ProveTarget,
  config: PlanConfig,
  { limits, concurrency }: Pace,
): Promise<{ readonly plan: Plan; readonly sessions: readonly Session[] }> {
  if (plan.source === 'contract') return { plan, sessions: [] }
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  if (!admin) return { plan, sessions: [] }
  const { run, close } = openRun(plan, target, { limits, concurrency, safe: true, seed: 1, callback: null })
  try {
    const session = await run.identity(admin.name).session()
    const answer = await run.engine.send(
      { method: 'GET', path: FULL, query: [], headers: [], body: undefined, mediaType: 'application/json' },
      session,
      'set-up: the contract',
    )
    if (answer.status !== 200 || answer.json === undefined) return { plan, sessions: [session] }
    return { plan: planOf(readDocument(answer.json), config), sessions: [session] }
  } catch {
    // Whoever cannot sign in is told by the run itself.
    return { plan, sessions: [] }
  } finally {
    await close()
  }
}
