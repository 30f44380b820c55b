import { join } from 'node:path'
import { createAuditLog } from '../audit/audit-log.ts'
import { checkpointFile } from '../audit/checkpoint.ts'
import type { AuditLog } from '../audit/event.ts'
import { ringSigner } from '../audit/ring-signer.ts'
import { createWalkLog } from '../audit/walk-log.ts'
import { systemClock } from '../base/clock.ts'
import type { Api } from '../contract/api.ts'
import { NOBODY } from '../contract/principal.ts'
import { createGate, type GateSettings, type Logger, StartupError } from '../gate.ts'
import type { State } from '../stores/store.ts'
import type { KeyRing } from '../vault/index.ts'
import { builtInEndpoints } from './built-in/built-in-endpoints.ts'
import { countedAudit } from './counted-audit.ts'
import type { Door } from './exchange.ts'
import { Exchanges } from './exchanges.ts'
import { openKeyRing } from './key-ring.ts'
import { createLoadShed } from './load-shed.ts'
import { recordFacts } from './recorded-facts.ts'
import type { ParsedOptions } from './serve-options.ts'
import { startSweeper } from './sweeper.ts'

/** A gate with all that runs beside it. */
export interface OpenGate {
  readonly door: Door
  /** Ends what runs beside the gate, outbound calls and the audit log (with a last checkpoint); then the state, where it is ours. */
  close(): Promise<void>
}

/**
 * Opens key ring, audit log, metrics and gate. Nothing is opened or written before the contract and every setting were found good.
 * @throws {StartupError} With every fault at once.
 */
export async function openGate(api: Api, options: ParsedOptions, mounted: boolean): Promise<OpenGate> {
  const settings: Settings = { ...options.gate, surroundings: surroundingsOf(options) }
  await refuseFaults(api, options, settings)
  const log = settings.log ?? (await import('./logger.ts')).createLogger(options.logLevel)
  const metrics = (await import('./metrics.ts')).createMetrics()
  const keys = options.keys ?? (await openKeyRing(options.folder, settings.state))
  const audit = countedAudit(options.audit ?? (await openAudit(options, keys, log)), metrics.countRefusal)
  const exchanges = new Exchanges()
  const shed = createLoadShed(options.loadShed, log, metrics.countShed)
  const vitals = { ping: () => settings.state.ping(), overload: () => shed.reason(exchanges.count) }
  const release = async () => {
    shed.close()
    metrics.close()
  }
  try {
    const gate = await createGate(
      api,
      {
        ...settings,
        keys,
        audit,
        log,
        metrics: settings.metrics ?? metrics.requests,
        walks: settings.walks ?? createWalkLog(options.folder === null ? null : join(options.folder, 'walks.ndjson')),
      },
      builtInEndpoints(api, vitals, settings.metrics ? null : metrics.text),
    )
    const warnings = gate.findings.filter(({ severity }) => severity === 'warning')
    if (warnings.length > 0)
      log.warn(
        { rules: [...new Set(warnings.map(({ rule }) => rule))] },
        `warnings about the contract or the settings: ${warnings.length}; see turnpike review`,
      )
    if (options.folder !== null)
      await recordFacts(
        options.folder,
        api.title,
        { ...settings.surroundings, identity: gate.identity.describe },
        { origins: [...(settings.origins ?? [])], trustedProxies: [...(settings.trustedProxies ?? [])] },
        new Date(gate.clock.now()),
      )
    const sweeper = startSweeper(gate)
    return {
      door: { gate, exchanges, shed, mounted },
      async close() {
        await release()
        await sweeper.close()
        await gate.close()
        if (options.ownsState) await gate.state.close()
      },
    }
  } catch (error) {
    await release()
    await audit.close()
    throw error
  }
}

type Settings = Omit<GateSettings, 'keys' | 'audit'>

async function openAudit({ folder, node, gate }: ParsedOptions, keys: KeyRing, log: Logger): Promise<AuditLog> {
  const clock = gate.clock ?? systemClock
  const onFailure = (error: unknown) =>
    log.error({ error: error instanceof Error ? error.stack : String(error) }, 'the audit log failed')
  const checkpoints =
    folder === null
      ? null
      : checkpointFile({
          path: join(folder, 'audit', 'checkpoints.ndjson'),
          signer: ringSigner(keys),
          clock,
          onFailure,
        })
  const audit = createAuditLog({ state: gate.state, node, clock, checkpoints, onFailure })
  await audit.start()
  return audit
}

/** Without an audit log no gate opens: it only lists its faults, and they are told together with ours. */
async function refuseFaults(api: Api, { faults }: ParsedOptions, settings: Settings): Promise<void> {
  const known = 'the setting "audit" is missing'
  const error = await createGate(api, { ...settings, keys: null as never, audit: undefined as never }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StartupError)) throw error
  const theirs = error.faults.filter((fault) => fault !== known)
  if (faults.length + theirs.length + error.findings.length === 0) return
  const [title = '', ...lines] = error.message.split('\n').filter((line) => line !== `settings: ${known}`)
  throw new StartupError(
    [...faults, ...theirs],
    error.findings,
    [title, ...faults.map((fault) => `settings: ${fault}`), ...lines].join('\n'),
  )
}

/** What `review` can know from here; what the caller tells wins. */
function surroundingsOf({ gate, keys, folder }: ParsedOptions): NonNullable<GateSettings['surroundings']> {
  const {
    state,
    environment = 'production',
    dangerouslyAllowPlainHttp = false,
    hosts = 'any',
    xXssProtection,
    surroundings,
  } = gate
  if (!state) return surroundings ?? {}
  return {
    runtime: { node: process.version, now: new Date((gate.clock ?? systemClock).now()) },
    settings: {
      production: environment === 'production',
      plainHttp: dangerouslyAllowPlainHttp,
      hosts,
      store: state.describe.kind,
      lastingKeys: keys !== null || folder !== null,
      xssFilter: xXssProtection === '1; mode=block',
    },
    layers: { rowSecurity: state.describe.rowSecurity && contextIsScoped(state, gate.context) },
    ...surroundings,
  }
}

/** Whether the application's own queries run under row-level security: its context is asked once, for nobody. */
function contextIsScoped(state: State, context: GateSettings['context']): boolean {
  const { database } = state as { readonly database?: { readonly scopedCalls: number } }
  if (!context || !database) return false
  const before = database.scopedCalls
  try {
    context(NOBODY)
  } catch {
    return false
  }
  return database.scopedCalls > before
}
