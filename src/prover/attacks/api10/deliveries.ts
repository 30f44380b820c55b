import { createHmac } from 'node:crypto'
import type { Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Answer, Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan, Signing } from '../../plan/plan.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { NotTested } from '../../verdict.ts'
import { fetchesAtOnce, urlInputs } from '../api7/url-inputs.ts'
import { firstUser } from '../pairs.ts'

export interface DeliveryCase extends Case {
  readonly operation: Operation
  readonly owner: string
}

/** Operations that other services call: by contract, by a header for a signature, or by their path where no user signs in for them. */
export function deliveryCases(plan: Plan): readonly (DeliveryCase | Untested)[] {
  const user = firstUser(plan) ?? plan.identities[0]
  return plan.operations
    .filter((operation) => !operation.leftOut && isInbound(operation, plan))
    .slice(0, 6)
    .map((operation) =>
      user
        ? { operation, owner: user.name }
        : { operation, untested: 'needs somebody as whom an example is made; add an identity to turnpike.yaml' },
    )
}

/** Whether the contract itself says that deliveries are signed. */
export const saysSigned = (operation: Operation, plan: Plan): boolean =>
  operation.signing !== undefined ||
  (operation.extension?.signed ?? null) !== null ||
  headerOf(operation, plan) !== null

function isInbound(operation: Operation, plan: Plan): boolean {
  if (saysSigned(operation, plan)) return true
  const isOpen = operation.access === 'public' || operation.access === 'unknown'
  // A webhook that is set up, or sent as a test, is another matter.
  return operation.purpose === 'webhook' && isOpen && urlInputs(operation).length === 0 && !fetchesAtOnce(operation)
}

const SIGNATURE = /signature|hmac|(^|-)sig$/i

/** The header of the signature: a declared one, or a security scheme that is no user's. */
function headerOf({ read }: Operation, { document }: Plan): string | null {
  const found = read.parameters.find(({ in: where, name }) => where === 'header' && SIGNATURE.test(name))
  const schemes = (read.security ?? []).flat().map((name) => document.securitySchemes[name])
  const scheme = schemes.find((each) => each?.in === 'header' && SIGNATURE.test(each.name ?? ''))
  return found?.name ?? scheme?.name ?? null
}

/** Whether the signature is all that is asked for: then whoever delivers is no user. */
function isSignatureAll({ read, access }: Operation, { document }: Plan): boolean {
  if (access !== 'signed-in' && access !== 'admin') return true
  const schemes = (read.security ?? []).flat()
  return schemes.length > 0 && schemes.every((name) => SIGNATURE.test(document.securitySchemes[name]?.name ?? ''))
}

/** A delivery as its exact bytes, and who sends it. */
export interface Delivery {
  readonly draft: Draft
  /** A body of its own for each delivery: one that was taken before may be refused for that alone. */
  fresh(): Promise<string>
  readonly sender: Identity | Sender
  readonly header: string
  readonly timestampHeader: string | null
  /** Absent where nobody lends it. */
  readonly signing: Signing | undefined
}

/** @throws {NotTested} Where no body can be made up. */
export async function deliveryOf(probe: Probe, { operation, owner }: DeliveryCase): Promise<Delivery> {
  const who = probe.identity(owner)
  const draft = await probe.draft(operation, who)
  if (draft.body === undefined) throw new NotTested(`${operation.id} takes no body, so there is nothing to sign`)
  const { signing } = operation
  const { signed } = operation.extension ?? {}
  let made = 0
  const fresh = async () => {
    const body = asNew((await probe.draft(operation, who, { canary: probe.nonce() })).body, probe)
    // Blanks after JSON mean nothing, and differ where nothing else does.
    return `${typeof body === 'string' ? body : JSON.stringify(body)}${' '.repeat(made++)}`
  }
  const timestamps = operation.read.parameters.find(
    ({ in: where, name }) => where === 'header' && /timestamp/i.test(name),
  )
  return {
    draft,
    fresh,
    // Whoever delivers is no user; where a credential is asked for beside the signature, one is shown.
    sender: isSignatureAll(operation, probe.plan) ? probe.nobody : who,
    header: signing?.signatureHeader ?? signed?.signatureHeader ?? headerOf(operation, probe.plan) ?? 'X-Signature',
    timestampHeader: signing ? signing.timestampHeader : (signed?.timestampHeader ?? timestamps?.name ?? null),
    signing,
  }
}

/** Ids of events, and the time of a delivery, as those of an example would not be twice. */
function asNew(body: unknown, probe: Probe): unknown {
  let fresh = body
  for (const { at, value } of [...leavesOf(body)]) {
    if (typeof value !== 'string') continue
    const name = at.split('/').at(-1) ?? ''
    if (/^((event|delivery|message|notification|webhook)_?)?id$/i.test(name))
      fresh = withAt(
        fresh,
        at,
        value.replaceAll(/\d(?=\D{0,2}(?:\d\D{0,2}){0,5}$)/g, () => String(Math.floor(probe.random() * 10))),
      )
    else if (
      /^\d{4}-\d\d-\d\dT[\d:.]{5,16}(Z|[+-]\d\d:\d\d)$/.test(value) &&
      /sent|occurr|creat|time|date|at$/i.test(name)
    )
      fresh = withAt(fresh, at, new Date(probe.now()).toISOString())
  }
  return fresh
}

/** What stands in the headers of a delivery; an absent signature sends none. */
export interface Signature {
  readonly signature?: string
  /** Seconds since 1970. */
  readonly at: number
}

export function deliver(probe: Probe, delivery: Delivery, text: string, { signature, at }: Signature): Promise<Answer> {
  const { draft, header, timestampHeader } = delivery
  const names = [header, timestampHeader].map((name) => name?.toLowerCase())
  const headers = [
    ...draft.headers.filter(([name]) => !names.includes(name.toLowerCase())),
    ...(timestampHeader === null ? [] : [[timestampHeader, String(at)] as const]),
    ...(signature === undefined ? [] : [[header, signature] as const]),
  ]
  return probe.send({ ...draft, headers, body: text }, delivery.sender)
}

/** The signature of a delivery as its sender makes it. */
export function signatureOf({ secret, timestampHeader, prefix, encoding }: Signing, text: string, at: number): string {
  const hmac = createHmac('sha256', secret)
  if (timestampHeader !== null) hmac.update(`${at}.`)
  return `${prefix}${hmac.update(text).digest(encoding)}`
}

/** Seconds of the target's clock. */
export const secondsNow = (probe: Probe): number => Math.floor(probe.now() / 1000)
