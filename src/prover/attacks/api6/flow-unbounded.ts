import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { uuid } from '../../plan/sample.ts'
import { leavesOf, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { freshStep, isOpenWrite, requireDone, requireUnsafe } from './flow-operations.ts'
import { exceedQuota, MOST_CALLS, quotaOf } from './quota.ts'

export const flowUnbounded: Attack = {
  id: 'flow-unbounded',
  number: 93,
  risk: 'API6',
  severity: 'medium',
  cwe: 799,
  title: 'A repeated call is done again, or a flow may be used without end',
  references: ['OWASP API6:2023', 'ASVS 5.0 2.4.1', 'draft-ietf-httpapi-idempotency-key-header'],
  maxRequests: 3 * (MOST_CALLS + 1),
  oracle:
    'The same Idempotency-Key makes two things, of the same or of another payload; a required key may be left out; or one call more than the quota of the contract succeeds.',
  fix: 'Store key, fingerprint of the payload and reply before the effect commits, answer repetitions from there, refuse another payload (422); count the uses of a flow per caller where it is durable.',
  phase: 'exhausting',
  cases,
  async run({ operation, owner, variant }: Case, probe) {
    if (!operation) return pass()
    requireUnsafe(probe)
    if (variant === 'quota') return exceedQuota(operation, probe)
    const alice = probe.identity(owner)
    if (variant === 'no-key') return withoutKey(operation, alice, probe)
    return variant === 'same-payload' ? samePayload(operation, alice, probe) : otherPayload(operation, alice, probe)
  },
}

const HEADER = /^(x-)?idempot\w*[-_]key$/i

const headerOf = ({ read, extension }: Operation): string | null =>
  read.parameters.find((each) => each.in === 'header' && HEADER.test(each.name))?.name ??
  (extension !== null && extension.idempotency !== 'none' ? 'Idempotency-Key' : null)

function* cases(plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  let count = 0
  for (const operation of plan.operations.filter(isOpenWrite)) {
    // It would call made-up addresses of the world outside.
    if (operation.extension?.outbound === 'public') continue
    const isRequired =
      operation.extension?.idempotency === 'required' ||
      operation.read.parameters.some((each) => each.in === 'header' && each.required && HEADER.test(each.name))
    const variants = [
      ...(headerOf(operation) === null ? [] : ['same-payload', 'other-payload', ...(isRequired ? ['no-key'] : [])]),
      ...(quotaOf(operation) === null ? [] : ['quota']),
    ]
    for (const variant of variants) {
      count++
      if (user) yield { operation, owner: user.name, variant }
      else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
    }
  }
  if (count === 0)
    yield {
      operation: null,
      untested:
        'no operation says that it honours an Idempotency-Key or has a quota; declare the header, or flow and idempotency in x-turnpike',
    }
}

function withKey<T extends BuiltDraft>(draft: T, name: string, key: string | null): T {
  const others = draft.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase())
  return { ...draft, headers: key === null ? others : [...others, [name, key] as const] }
}

/** The ids in a reply: two of them that differ are two things. */
function idsOf({ json, headers }: Answer): string {
  const ids = [...leavesOf(json)]
    .filter(({ at }) => /(^|\/)(_?id|uuid|number|reference)$/i.test(at))
    .map(({ at, value }) => `${at} ${String(value)}`)
  return [...ids, ...(headers.location ? [headers.location] : [])].join(' ')
}

async function keyed(operation: Operation, alice: Identity, probe: Probe) {
  const name = headerOf(operation)
  if (name === null) throw new NotTested(`${operation.id} declares no Idempotency-Key`)
  const { draft } = await freshStep(operation, alice, probe)
  const key = uuid(probe.random)
  const request = withKey(draft, name, key)
  const first = await probe.send(request, alice)
  requireDone(operation, first)
  return { name, key, request, first }
}

async function samePayload(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const { request, first } = await keyed(operation, alice, probe)
  const second = await probe.send(request, alice)
  if (!succeeded(second)) return pass(`the repetition is answered ${second.status}`, first, second)
  if (idsOf(first) === '') {
    if (first.text === second.text) return pass('the repetition is given the same reply', first, second)
    throw new Inconclusive(
      `${operation.id}: its replies hold no id, so nothing tells whether it was done twice`,
      first,
      second,
    )
  }
  return idsOf(first) === idsOf(second)
    ? pass('the repetition is given the reply of the first', first, second)
    : fail(`${operation.id} is done twice with one Idempotency-Key`, first, second)
}

async function otherPayload(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const { name, key, request, first } = await keyed(operation, alice, probe)
  const [text] = [...leavesOf(request.body)].filter(
    ({ at, value }) => typeof value === 'string' && /title|name|note|text|description|reference|message|memo/i.test(at),
  )
  const [number] = [...leavesOf(request.body)].filter(({ value }) => typeof value === 'number')
  const other = text
    ? { ...request, body: withAt(request.body, text.at, 'Another text') }
    : number
      ? { ...request, body: withAt(request.body, number.at, Number(number.value) + 1) }
      : withKey((await freshStep(operation, alice, probe)).draft, name, key)
  const second = await probe.send(other, alice)
  if (!succeeded(second)) return pass(`another payload is answered ${second.status}`, first, second)
  if (idsOf(first) !== '' && idsOf(first) !== idsOf(second))
    return {
      ...fail(`${operation.id} takes one Idempotency-Key for two payloads, and does both`, first, second),
      severity: 'low',
    }
  return pass('another payload is given the reply of the first', first, second)
}

async function withoutKey(operation: Operation, alice: Identity, probe: Probe): Promise<Verdict> {
  const { name, request, first } = await keyed(operation, alice, probe)
  const { draft } = await freshStep(operation, alice, probe)
  const answer = await probe.send(withKey({ ...request, ...draft }, name, null), alice)
  return succeeded(answer)
    ? {
        ...fail(`${operation.id} is done without the Idempotency-Key that it requires`, first, answer),
        severity: 'low',
      }
    : pass(`without a key it is answered ${answer.status}`, first, answer)
}
