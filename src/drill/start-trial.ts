import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { CompactSign } from 'jose'
import { createAuditLog } from '../audit/audit-log.ts'
import { ManualClock } from '../base/clock.ts'
import { CHECKS, type Checks } from '../checks.ts'
import { type AccessData, leavesOf } from '../contract/access.ts'
import type { Api } from '../contract/api.ts'
import type { ReadDocument } from '../contract/from-openapi/document.ts'
import { readDocument } from '../contract/from-openapi/read-document.ts'
import { createGateWith, type Gate, type GateSettings } from '../gate.ts'
import { external } from '../identity/external.ts'
import type { IdentityFactory } from '../identity/identity.ts'
import { isLocal, type LocalIdentity } from '../identity/local.ts'
import type { TokenKeys } from '../identity/token-keys.ts'
import type { ProveTarget } from '../prover/engine/target.ts'
import { inferAuth } from '../prover/plan/infer-auth.ts'
import { fillRecipe, inferLogin } from '../prover/plan/infer-login.ts'
import type { IdentityPlan } from '../prover/plan/plan.ts'
import type { PlanConfig } from '../prover/plan/plan-config.ts'
import { builtInEndpoints } from '../server/built-in/built-in-endpoints.ts'
import { wholeInventory } from '../server/built-in/open-api.ts'
import { Exchanges } from '../server/exchanges.ts'
import { parseHttpOptions } from '../server/http-options.ts'
import { createHttpServer } from '../server/http-server.ts'
import { handlerOf } from '../server/node-handler.ts'
import { generateKeyRing } from '../vault/index.ts'
import { freshState, makeTokenKeys, type Trial, type TrialPerson, trialPassword } from './trial.ts'

/** An API that runs for attacks: over real HTTP on a free loopback port, with a clock that waiting moves. */
export interface RunningTrial {
  readonly api: Api
  readonly gate: Gate
  readonly document: ReadDocument
  readonly identities: readonly IdentityPlan[]
  readonly target: ProveTarget
  /** Signs claims as the API's own issuer does; null where its keys are not ours. */
  readonly signer: Signer | null
  /** How deliveries of its webhooks are signed, by operation: the trial knows the secrets. */
  readonly hints: Pick<PlanConfig, 'operations'>
  close(): Promise<void>
}

export type Signer = (
  claims: Readonly<Record<string, unknown>>,
  header?: Readonly<Record<string, unknown>>,
) => Promise<string>

export interface TrialChanges {
  readonly checks?: Partial<Checks>
  /** In place of the trial's own, with something of it loosened. */
  readonly api?: Api
  /** Leaves out the people to spare where attacks can register their own: hashing their passwords takes the most of a start. */
  readonly fewPeople?: boolean
}

/** Starts a trial. @throws {StartupError} As the gate does. */
export async function startTrial(trial: Trial, changes: TrialChanges = {}): Promise<RunningTrial> {
  // Tokens of libraries are judged by real time too, so the clock starts there.
  const clock = new ManualClock(Date.now())
  const tokenKeys = await makeTokenKeys()
  const opened = await trial.open({ clock, tokenKeys })
  const { people, close: closeTrial, state = freshState(clock), identity, ...settings } = opened
  const api = changes.api ?? trial.api
  const secret = randomBytes(48)
  const audit = createAuditLog({ state, node: 'trial', clock, checkpoints: null, onFailure: () => {} })
  await audit.start()
  const builtIn = builtInEndpoints(api, { ping: () => state.ping(), overload: () => null }, async () => 'up 1\n')
  const gate = await createGateWith(
    { ...CHECKS, ...changes.checks },
    api,
    {
      environment: 'test',
      keys: generateKeyRing(),
      // The clock stands still between requests, so a bucket would never fill again.
      addressBucket: { perSecond: 1_000_000, burst: 1_000_000 },
      ...settings,
      state,
      audit,
      clock,
      identity: identity ?? throwAwayIssuer(secret),
    },
    builtIn,
  )
  const door = { gate, exchanges: new Exchanges(), shed: null, mounted: false }
  const http = createHttpServer(handlerOf(door), parseHttpOptions({}, api, []), null, door)
  const port = await http.listen('127.0.0.1', 0)
  const document = readDocument(wholeInventory(api, builtIn))
  const canRegister = inferAuth(document).register !== null
  const everybody = (people ?? defaultPeople(api)).filter(({ spare }) => !(changes.fewPeople && canRegister && spare))
  const identities = isLocal(gate.identity)
    ? await provisioned(gate.identity, everybody, document)
    : everybody.map((person) => issued(person, secret, clock))
  return {
    api,
    gate,
    document,
    identities,
    signer: identity === undefined ? hmacSigner(secret) : isLocal(gate.identity) ? keySigner(tokenKeys) : null,
    hints: { operations: signingOf(document, opened.webhookSecrets ?? {}) },
    target: {
      base: new URL(`http://127.0.0.1:${port}`),
      origins: [],
      now: () => clock.now(),
      wait: async (milliseconds) => clock.advance(milliseconds),
      timeIsOurs: true,
    },
    async close() {
      await http.stop(1)
      await gate.close()
      if (opened.state === undefined) await state.close()
      await closeTrial?.()
    },
  }
}

function signingOf(
  { operations }: ReadDocument,
  secrets: NonNullable<GateSettings['webhookSecrets']>,
): PlanConfig['operations'] {
  return Object.fromEntries(
    operations.flatMap(({ id, extension }) => {
      const { sender = '', signatureHeader = '', timestampHeader = '' } = extension?.signed ?? {}
      const signing = secrets[sender]
      if (!signing) return []
      return [
        [
          id,
          {
            signing: {
              secret: signing.reveal(),
              signatureHeader,
              timestampHeader,
              prefix: '',
              encoding: 'hex' as const,
            },
          },
        ],
      ]
    }),
  )
}

const TENANTS = [randomUUID(), randomUUID()] as const

function defaultPeople(api: Api): readonly TrialPerson[] {
  const roles = [...new Set(api.endpoints.flatMap(({ access }) => rolesOf(access.data)))]
  const spare = Array.from({ length: 12 }, (_, index) => ({
    name: `spare${index}`,
    kind: 'user' as const,
    tenantId: TENANTS[0],
    spare: true,
  }))
  return [
    { name: 'alice', kind: 'user', tenantId: TENANTS[0] },
    { name: 'bob', kind: 'user', tenantId: TENANTS[0] },
    { name: 'carol', kind: 'user', tenantId: TENANTS[1] },
    { name: 'admin', kind: 'admin', tenantId: TENANTS[0], roles },
    ...spare,
  ]
}

const rolesOf = (rule: AccessData): readonly string[] =>
  leavesOf(rule).flatMap((leaf) => (leaf.kind === 'role' ? [leaf.role] : []))

async function provisioned(
  identity: LocalIdentity,
  people: readonly TrialPerson[],
  document: ReadDocument,
): Promise<readonly IdentityPlan[]> {
  const login = inferLogin(document, inferAuth(document).login)
  if (login === null) throw new TypeError('the API keeps users but has no login; add identityEndpoints(…) to it')
  const { recipe, place } = login
  // At once: most of it is hashing.
  return Promise.all(
    people.map(async (person) => {
      const account = { username: `${person.name}-${randomUUID()}@example.com`, password: trialPassword() }
      const user = await identity.provision({
        ...person.profile,
        email: account.username,
        password: account.password,
        tenantId: person.tenantId,
        roles: [...(person.roles ?? [])],
      } as Parameters<LocalIdentity['provision']>[0])
      const source = { kind: 'login' as const, login: fillRecipe(recipe, account) }
      return { ...planned(person), account, subject: user.id, place, source }
    }),
  )
}

const planned = ({ name, kind, tenantId, roles = [], spare = false }: TrialPerson) => ({
  name,
  kind,
  tenant: tenantId,
  roles,
  spare,
})

const ISSUER = 'https://trial.example'

function throwAwayIssuer(secret: Buffer): IdentityFactory {
  const names = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  return external({
    jwt: { alg: 'HS256', key: secret, issuer: ISSUER, audience: 'trial' },
    principal: ({ sub, tenant, roles, scopes, auth_time }) => ({
      id: String(sub),
      tenant: typeof tenant === 'string' ? tenant : null,
      roles: names(roles),
      scopes: names(scopes),
      authenticatedAt: typeof auth_time === 'number' ? new Date(auth_time * 1000) : null,
    }),
  })
}

const hmacSigner =
  (secret: Buffer): Signer =>
  async (claims, header = {}) => {
    const input = [{ alg: 'HS256', typ: 'JWT', ...header }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }

/** The library refuses to sign an extension that it was not told of; who verifies must refuse it, and that is tried. */
const understood = ({ crit }: Readonly<Record<string, unknown>>): Record<string, boolean> =>
  Object.fromEntries(Array.isArray(crit) ? crit.map((name) => [String(name), true]) : [])

/** Signs as the API's own tokens are signed, whatever the claims say. */
const keySigner =
  ({ active }: TokenKeys): Signer =>
  (claims, header = {}) =>
    new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: active.alg, kid: active.kid, typ: 'at+jwt', ...header })
      .sign(active.signer, { crit: understood(header) })

function issued(person: TrialPerson, secret: Buffer, clock: ManualClock): IdentityPlan {
  const subject = randomUUID()
  const sign = hmacSigner(secret)
  const make = () => {
    const seconds = Math.floor(clock.now() / 1000)
    return sign({
      iss: ISSUER,
      aud: 'trial',
      sub: subject,
      tenant: person.tenantId,
      roles: person.roles ?? [],
      scopes: person.scopes ?? [],
      iat: seconds,
      auth_time: seconds,
      exp: seconds + 900,
      jti: randomUUID(),
    })
  }
  return {
    ...planned(person),
    account: null,
    subject,
    place: { in: 'header', name: 'Authorization', prefix: 'Bearer ' },
    source: { kind: 'made', make },
  }
}
