import type { Attack, Case, Untested } from '../../attack.ts'
import type { Sender } from '../../engine/engine.ts'
import type { Answer } from '../../engine/exchange.ts'
import { carried, type Identity } from '../../identities.ts'
import { wordsOf } from '../../plan/names.ts'
import { BEARER, type CredentialPlace, type Operation, type Plan } from '../../plan/plan.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { madeThing } from '../made-thing.ts'
import { firstUser } from '../pairs.ts'
import { tokenCases } from './token-target.ts'

const MOST_PLACES = 3
const MOST_SECRETS = 2
/** A key may open a part of the API alone. */
const MOST_READS = 4

export const revokedKey: Attack = {
  id: 'revoked-key',
  number: 42,
  risk: 'API2',
  severity: 'high',
  cwe: 613,
  title: 'A key lives on after it was revoked',
  references: ['OWASP API2:2023', 'ASVS 5.0 7.4.1', 'CWE-613'],
  maxRequests: 4 + MOST_READS * MOST_PLACES * MOST_SECRETS,
  oracle:
    'A key that was made for this opens a reading operation that refuses a made-up one, and opens it as well after it was deleted.',
  fix: 'Look the key up on every request, or tell whoever keeps it in memory when it is revoked; what is gone from the list must be gone from the check.',
  phase: 'destructive',
  cases,
  async run({ operation: remove, owner }: Case, probe) {
    const resource = remove?.resource == null ? null : probe.resource(remove.resource)
    const create = probe.operation(resource?.create ?? null)
    if (!remove || create === null) throw new NotTested('nothing that makes a key is known')
    const alice = probe.identity(owner)
    const made = await probe.send(await probe.draft(create, alice), alice)
    const thing = await madeThing(probe, create, alice, made)
    if (thing === null) throw new NotTested(`${create.id} as ${alice.name} is answered ${made.status} and makes no key`)
    const { read, key, answer, open } = await opened(probe, alice, secretsOf(made))
    const removed = await probe.send(await probe.draft(remove, alice, { things: [thing] }), alice)
    if (!succeeded(removed)) throw new Inconclusive(`${remove.id} itself is answered ${removed.status}`, removed)
    const after = await open(key)
    return succeeded(after)
      ? fail(`${read.id} is answered ${after.status} to a key that ${remove.id} has revoked`, answer, removed, after)
      : pass(`a revoked key is answered ${after.status}`, answer, removed, after)
  },
}

/** Things that are credentials of their own, by what they are called. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  for (const { name, create, remove } of plan.resources) {
    if (create === null || remove === null || !isKey(name)) continue
    const operation = plan.operations.find(({ id, leftOut }) => id === remove && !leftOut)
    if (!operation) continue
    if (user) yield { operation, owner: user.name }
    else yield { operation, untested: 'needs an ordinary user; add --as alice=…, or a user under identities' }
  }
}

const isKey = (name: string): boolean => {
  const words = wordsOf(name)
  const last = words.at(-1) ?? ''
  if (/^(token|credential|pat)$/.test(last))
    return !/refresh|push|device|invite|invitation|reset|csrf/.test(words.join(' '))
  return last === 'key' && (words.length === 1 || /^(api|access|client|service|personal)$/.test(words.at(-2) ?? ''))
}

/** What the answer that made it shows once: long texts under the name of a secret. */
const secretsOf = ({ json }: Answer): readonly string[] =>
  [...leavesOf(json)]
    .flatMap(({ at, value }) =>
      typeof value === 'string' &&
      /^\S{16,}$/.test(value) &&
      /(key|token|secret|value|credential)$/i.test(at) &&
      !/id$/i.test(at)
        ? [value]
        : [],
    )
    .slice(0, MOST_SECRETS)

interface Opened {
  readonly read: Operation
  readonly key: string
  readonly answer: Answer
  open(key: string): Promise<Answer>
}

/** @throws {NotTested} Where no place takes it, or a made-up one as well. */
async function opened(probe: Probe, alice: Identity, secrets: readonly string[]): Promise<Opened> {
  if (secrets.length === 0) throw new NotTested('the answer that makes a key does not show it')
  const reads = tokenCases(probe.plan, MOST_READS).flatMap(({ operation }) => operation ?? [])
  for (const read of reads) {
    const draft = await probe.draft(read, alice)
    for (const place of placesOf(probe.plan)) {
      const open = (key: string) => probe.send(draft, showing(alice, place, key))
      for (const key of secrets) {
        const answer = await open(key)
        if (!succeeded(answer)) continue
        const garbage = await open(`${key.slice(0, -8)}00000000`)
        if (succeeded(garbage)) throw new NotTested(`${read.id} answers a made-up key too, so a key says nothing`)
        return { read, key, answer, open }
      }
    }
  }
  throw new NotTested(
    `no read takes the key in a place that the document names (${reads.map(({ id }) => id).join(', ')})`,
  )
}

const showing = ({ plan }: Identity, place: CredentialPlace, key: string): Sender => ({
  name: 'made key',
  ...carried({ ...plan, place, headers: {} }, key),
})

/** Where the document, or whoever has a key, puts keys; a bearer token last. */
function placesOf({ document, identities }: Plan): readonly CredentialPlace[] {
  const clients = identities.filter(({ kind }) => kind === 'client').map(({ place }) => place)
  const declared = Object.values(document.securitySchemes).flatMap(({ type, in: where, name }): CredentialPlace[] =>
    type === 'apiKey' && where !== null && where !== 'cookie' && name !== null && !/signature|hmac/i.test(name)
      ? [{ in: where, name, prefix: '' }]
      : [],
  )
  const places = [...clients, ...declared, BEARER]
  return places
    .filter((one, index) => places.findIndex((each) => each.in === one.in && each.name === one.name) === index)
    .slice(0, MOST_PLACES)
}
