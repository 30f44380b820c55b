import { type Document, isMap, LineCounter, parseDocument } from 'yaml'
import { type ConfigText, configSchema } from './config-schema.ts'
import { fillRecipe } from './infer-login.ts'
import { BEARER, type CredentialPlace, type CredentialSource, type IdentityPlan, type LoginRecipe } from './plan.ts'
import type { PlanConfig } from './plan-config.ts'

/** What `turnpike.yaml` says; null where it is silent and the command line or a default counts. */
export interface ProveConfig {
  readonly target: string | null
  /** Path or address of the OpenAPI document. */
  readonly openapi: string | null
  /** Further origins that requests may go to. */
  readonly origins: readonly string[]
  readonly planConfig: PlanConfig
  readonly limits: {
    /** Requests a second. */
    readonly rate: number | null
    readonly maxRequests: number | null
    readonly concurrency: number | null
    readonly maxWaitSeconds: number | null
    readonly timeoutSeconds: number | null
  }
  /** Paths below which requests go; none: all. */
  readonly scope: readonly string[]
  readonly callback: string | null
  readonly allowWrites: boolean | null
}

type Env = Readonly<Record<string, string | undefined>>

/**
 * Reads `turnpike.yaml`, or a file of identities in YAML or JSON, strictly. Values of the file are never part of a message.
 * @param name - How messages call it.
 * @param env - Where `${NAME}` and `{ env: NAME }` of identities, login, target and openapi come from.
 * @throws {TypeError} With every fault at once, each with its line and what would be right.
 */
export function readConfig(text: string, name: string, env: Env): ProveConfig {
  const lines = new LineCounter()
  const document = parseDocument(text.replace(/^\uFEFF/, ''), { lineCounter: lines, logLevel: 'error', merge: true })
  if (document.errors.length > 0)
    throw new TypeError(
      `${name} is no YAML that can be read:\n${document.errors.map(({ message }) => `  ${message.split('\n')[0]}`).join('\n')}`,
    )
  const faults = new ConfigFaults(name, document, lines)
  const given = withEnvironment(withNames(valuesOf(document, name), faults), env, faults)
  const { data, error } = configSchema.safeParse(given)
  for (const issue of error?.issues ?? []) faults.add(issue.path, issue.message)
  if (data) checkTogether(data, faults)
  faults.end()
  return configOf(data as ConfigText)
}

function valuesOf(document: Document, name: string): unknown {
  try {
    // Aliases may stand for each other without end; what JSON can write is what may be configured.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? {}))
  } catch (error) {
    throw new TypeError(`${name} cannot be used: its aliases refer to themselves or to too much`, { cause: error })
  }
}

type Path = readonly PropertyKey[]

class ConfigFaults {
  readonly #found: { readonly line: number; readonly text: string }[] = []
  readonly #name: string
  readonly #document: Document
  readonly #lines: LineCounter

  constructor(name: string, document: Document, lines: LineCounter) {
    this.#name = name
    this.#document = document
    this.#lines = lines
  }

  add(path: Path, message: string): void {
    const at = path.map(String).join('.')
    this.#found.push({ line: this.#lineOf(path), text: `${at === '' ? '' : `${at}: `}${message}` })
  }

  end(): void {
    if (this.#found.length === 0) return
    const lines = this.#found
      .sort((one, other) => one.line - other.line)
      .map(({ line, text }) => `  ${line === 0 ? '' : `line ${line}: `}${text}`)
    throw new TypeError(`${this.#name} cannot be used:\n${lines.join('\n')}`)
  }

  /** The line of the nearest part that stands in the file; 0 for none. */
  #lineOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const parent = this.#document.getIn(path.slice(0, length - 1), true)
      const key = path[length - 1]
      const pair = isMap(parent)
        ? parent.items.find((each) => String((each.key as { value?: unknown } | null)?.value) === String(key))
        : undefined
      const range = (pair?.key as { range?: readonly number[] } | undefined)?.range
      if (range?.[0] !== undefined) return this.#lines.linePos(range[0]).line
    }
    return 0
  }
}

/** Identities as a list with names become an object by name. */
function withNames(given: unknown, faults: ConfigFaults): unknown {
  if (typeof given !== 'object' || given === null || !('identities' in given) || !Array.isArray(given.identities))
    return given
  const named: Record<string, unknown> = {}
  for (const [index, each] of given.identities.entries()) {
    const { name, ...rest } = (typeof each === 'object' && each !== null ? each : {}) as Record<string, unknown>
    if (typeof name !== 'string' || name === '') faults.add(['identities', index], 'has no name; add name: alice')
    else if (Object.hasOwn(named, name)) faults.add(['identities', index], `the name ${name} stands twice`)
    else named[name] = rest
  }
  return { ...given, identities: named }
}

const WITH_ENVIRONMENT = ['target', 'openapi', 'identities', 'login']
/** Of an operation; a body may hold such texts by right. */
const IN_OPERATION = 'signing'

/** Fills in `${NAME}` and `{ env: NAME }` where secrets stand. */
function withEnvironment(given: unknown, env: Env, faults: ConfigFaults): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  const value = (name: string, path: Path): string => {
    const found = env[name]
    if (found === undefined || found === '') faults.add(path, `the environment variable ${name} is not set`)
    return found ?? 'unset'
  }
  const filled = (each: unknown, path: Path): unknown => {
    if (typeof each === 'string')
      return each.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => value(name, path))
    if (Array.isArray(each)) return each.map((item, index) => filled(item, [...path, index]))
    if (typeof each !== 'object' || each === null) return each
    const entries = Object.entries(each)
    const [only] = entries
    if (entries.length === 1 && only?.[0] === 'env' && typeof only[1] === 'string') return value(only[1], path)
    return Object.fromEntries(entries.map(([key, item]) => [key, filled(item, [...path, key])]))
  }
  const within = (each: unknown, path: Path, wanted: (key: string) => boolean): unknown =>
    typeof each !== 'object' || each === null || Array.isArray(each)
      ? each
      : Object.fromEntries(
          Object.entries(each).map(([key, item]) => [key, wanted(key) ? filled(item, [...path, key]) : item]),
        )
  const { operations, ...rest } = within(given, [], (key) => WITH_ENVIRONMENT.includes(key)) as Record<string, unknown>
  if (typeof operations !== 'object' || operations === null || Array.isArray(operations))
    return operations === undefined ? rest : { ...rest, operations }
  const signed = Object.entries(operations).map(([id, each]) => [
    id,
    within(each, ['operations', id], (key) => key === IN_OPERATION),
  ])
  return { ...rest, operations: Object.fromEntries(signed) }
}

/** What one key alone cannot tell. */
function checkTogether(config: ConfigText, faults: ConfigFaults): void {
  for (const [name, identity] of Object.entries(config.identities)) {
    const at = ['identities', name]
    const { username, password, token, command, headers, cookies } = identity
    const kinds = [username ?? password, token, command].filter((each) => each !== undefined)
    if (kinds.length > 1) faults.add(at, 'says more than one of username, token and command; leave one')
    if (kinds.length === 0 && headers === undefined && cookies === undefined)
      faults.add(at, 'has no credential; add username and password, token, command, headers or cookies')
    if ((username === undefined) !== (password === undefined))
      faults.add(at, `has a ${username === undefined ? 'password' : 'username'} without its other half`)
  }
  for (const [name, { ids }] of Object.entries(config.resources))
    for (const owner of Object.keys(ids ?? {}))
      if (!Object.hasOwn(config.identities, owner) && Object.keys(config.identities).length > 0)
        faults.add(
          ['resources', name, 'ids', owner],
          `there is no identity of this name; there are ${Object.keys(config.identities).join(', ')}`,
        )
  const { login } = config
  if (login === undefined) return
  if (!/\{password\}/.test(JSON.stringify([login.url, login.headers, login.body ?? null])))
    faults.add(['login', 'body'], 'does not say where the password goes; write {password} in its place')
  const [target, other] = [config.target, login.url.startsWith('/') ? undefined : new URL(login.url).origin]
  if (other !== undefined && !config.origins.includes(other) && (!target || new URL(target).origin !== other))
    faults.add(['login', 'url'], `${other} is not declared; add it to origins`)
}

function configOf(config: ConfigText): ProveConfig {
  const { limits } = config
  const identities = Object.entries(config.identities).map(([name, given]) => identityOf(name, given, config))
  return {
    target: config.target ?? null,
    openapi: config.openapi ?? null,
    origins: config.origins,
    planConfig: {
      identities: identities.map(({ plan }) => plan),
      resources: config.resources as PlanConfig['resources'],
      operations: Object.fromEntries(
        Object.entries(config.operations).map(([key, hint]) => [key.replaceAll(/:(\w+)/g, '{$1}'), hint]),
      ) as PlanConfig['operations'],
      samples: Object.fromEntries(
        Object.entries(config.operations).map(([key, { bodies = [] }]) => [
          key.replaceAll(/:(\w+)/g, '{$1}'),
          bodies.map((body) => ({ identity: null, params: {}, query: [], headers: {}, body, mediaType: null })),
        ]),
      ),
      unsaid: Object.fromEntries(identities.map(({ plan, unsaid }) => [plan.name, unsaid])),
    },
    limits: {
      rate: limits.rate ?? null,
      maxRequests: limits.maxRequests ?? null,
      concurrency: limits.concurrency ?? null,
      maxWaitSeconds: limits.maxWaitSeconds ?? null,
      timeoutSeconds: limits.timeoutSeconds ?? null,
    },
    scope: config.scope,
    callback: config.callback ?? null,
    allowWrites: config.allowWrites ?? null,
  }
}

type IdentityText = ConfigText['identities'][string]

function identityOf(
  name: string,
  given: IdentityText,
  config: ConfigText,
): { readonly plan: IdentityPlan; readonly unsaid: readonly ('login' | 'place')[] } {
  const place = given.place ?? config.login?.place ?? config.place ?? placeOfCookie(config)
  const kind =
    given.kind ?? (given.roles?.includes('admin') || /^(admin|root|superuser)/i.test(name) ? 'admin' : 'user')
  const account =
    given.username === undefined || given.password === undefined
      ? null
      : { username: given.username, password: given.password }
  const source = sourceOf(given, account, config)
  return {
    plan: {
      name,
      kind,
      tenant: given.tenant ?? null,
      roles: given.roles ?? (kind === 'admin' ? ['admin'] : []),
      spare: given.spare,
      account,
      subject: given.subject ?? null,
      place: place ?? BEARER,
      source,
      ...(source.kind === 'headers' || Object.keys(headersOf(given)).length === 0 ? {} : { headers: headersOf(given) }),
    },
    unsaid: [
      ...(source.kind === 'login' && config.login === undefined ? (['login'] as const) : []),
      ...(place === undefined && source.kind !== 'headers' ? (['place'] as const) : []),
    ],
  }
}

/** A login whose token is a cookie is shown as that cookie. */
function placeOfCookie({ login }: ConfigText): CredentialPlace | undefined {
  return login?.token.from === 'cookie' ? { in: 'cookie', name: login.token.name, prefix: '' } : undefined
}

function sourceOf(given: IdentityText, account: IdentityPlan['account'], config: ConfigText): CredentialSource {
  if (given.token !== undefined) return { kind: 'token', token: given.token }
  if (given.command !== undefined) return { kind: 'command', command: given.command }
  if (account === null) return { kind: 'headers', headers: headersOf(given) }
  return { kind: 'login', login: fillRecipe(recipeOf(config), account) }
}

function headersOf({ headers, cookies }: IdentityText): Readonly<Record<string, string>> {
  const jar = Object.entries(cookies ?? {}).map(([name, value]) => `${name}=${value}`)
  return { ...headers, ...(jar.length === 0 ? {} : { Cookie: jar.join('; ') }) }
}

/** Without one of its own the login is that of the document: `planOf` fills it in. */
function recipeOf({ login }: ConfigText): LoginRecipe {
  const { url, method, mediaType, headers, token, also } = login ?? UNSAID
  return { url, method, mediaType, headers, body: login?.body, token, also }
}

const UNSAID: LoginRecipe = {
  url: '',
  method: 'POST',
  mediaType: 'application/json',
  headers: {},
  body: undefined,
  token: { from: 'body', name: '/token' },
  also: {},
}
