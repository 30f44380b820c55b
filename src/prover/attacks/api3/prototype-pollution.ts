import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, pass } from '../../verdict.ts'
import { knownFields, offeredNames } from './fields.ts'
import { requireShown } from './hunt-fields.ts'
import { writes } from './mass-assignment.ts'
import { holds, otherValue } from './other-value.ts'
import { type Write, type WriteKind, type Writer, writerOf } from './writer.ts'

export const prototypePollution: Attack = {
  id: 'prototype-pollution',
  number: 60,
  risk: 'API3',
  severity: 'high',
  cwe: 1321,
  title: 'A body reaches the prototype of objects that it does not belong to',
  references: ['OWASP API3:2023', 'ASVS 5.0 15.3.6', 'CWE-1321'],
  maxRequests: 20,
  oracle:
    'After a body with `__proto__` or `constructor.prototype`, an object written without it shows the nonce, replies carry it in a header or are suddenly indented; or a field that the request does not offer takes the value that `__proto__` brought.',
  fix: 'Refuse bodies that hold these keys, copy fields by name, and merge into objects without a prototype (`Object.create(null)`, `Map`).',
  // It cannot be taken back before the target restarts.
  phase: 'destructive',
  cases,
  async run({ operation, owner, variant }: Case, probe) {
    if (!operation) return pass()
    const writer = await writerOf(operation, probe.identity(owner), variant as WriteKind, probe)
    const before = await writer.write((body) => body)
    requireShown(writer, before)
    if (before.read === null) return pass()
    const reached = (await shared(writer, before.read, probe)) ?? (await inherited(writer, before, probe))
    return reached ?? pass('no prototype was reached', before.read)
  },
}

/** Two creations and two updates: the parser and the merge are the same everywhere. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const known: string[] = []
  for (const each of writes(plan, ['create', 'update'])) {
    const kind = 'untested' in each ? '' : (each.variant ?? '')
    if (known.filter((one) => one === kind).length < 2) yield each
    known.push(kind)
  }
}

const PLACES: readonly ((payload: object) => string)[] = [
  (payload) => `"__proto__":${JSON.stringify(payload)}`,
  (payload) => `"constructor":{"prototype":${JSON.stringify(payload)}}`,
]

/** Written by hand: no serializer writes these keys. */
const withKey = (body: unknown, key: string): string => {
  const text = JSON.stringify(body ?? {})
  return text === '{}' ? `{${key}}` : `${text.slice(0, -1)},${key}}`
}

/** The prototype of all objects: shown by an object that was written without it. */
async function shared(writer: Writer, before: Answer, probe: Probe) {
  for (const place of PLACES) {
    const nonce = `tp${probe.nonce().slice(-10)}`
    // Harmless names that well-known libraries look up: Express indents, cors exposes.
    const sent = await writer.write(
      (body) => withKey(body, place({ [nonce]: nonce, 'json spaces': 3, exposedHeaders: [nonce] })),
      JSON_TYPE,
    )
    const after = await unrelated(writer, probe)
    const signs = [
      after.text.includes(nonce) ? 'an object written without it shows the nonce' : null,
      Object.values(after.headers).some((value) => value.includes(nonce))
        ? 'a header of another reply shows the nonce'
        : null,
      isIndented(after) && !isIndented(before) ? 'replies are indented from then on' : null,
    ].filter((sign) => sign !== null)
    if (signs.length === 0) continue
    await writer.write((body) => withKey(body, place({ 'json spaces': 0, exposedHeaders: [] })), JSON_TYPE)
    return fail(
      `${writer.operation.id} takes ${place({}).split(':')[0]}: ${signs.join(', ')}`,
      before,
      sent.answer,
      after,
    )
  }
  return null
}

const JSON_TYPE = 'application/json'
const isIndented = ({ text }: Answer): boolean => /^[[{]\n {2,}/.test(text)

/** Another object, made without the key; somebody else's account where the object is an account. */
async function unrelated({ resource, owner, operation }: Writer, probe: Probe): Promise<Answer> {
  if (resource !== null && !resource.isUser) return probe.world.read(await probe.fresh(resource.name, owner))
  const other = probe.run.identities.find(({ name }) => name !== owner.name) ?? owner
  const reader = probe.operation(`GET ${operation.path}`) ?? operation
  return probe.send(await probe.draft(reader, other), other)
}

/** The prototype of the one object: a field that the request does not offer takes what `__proto__` brings. */
async function inherited(writer: Writer, before: Write, probe: Probe) {
  const { operation, resource, owner } = writer
  const offered = offeredNames(operation, resource, owner.plan)
  const [field] = knownFields(probe.plan, operation, resource, before.shown ?? {}).filter(
    ({ name, kind }) => kind !== 'plain' && kind !== 'owner' && !offered.has(name),
  )
  const current = field && at(before.shown, field.readAt)
  const value = field && otherValue(field, current, probe.nonce())
  if (!field || value === undefined || holds(current, value)) return null
  // Where the plain field is taken too, that is what is wrong, and another attack says so.
  const plain = await writer.write((body) => ({ ...(body as object), [field.name]: value }))
  if (plain.shown !== null && holds(at(plain.shown, field.readAt), value)) return null
  const write = await writer.write(
    (body) => withKey(body, `"__proto__":${JSON.stringify({ [field.name]: value })}`),
    JSON_TYPE,
  )
  if (write.read === null || !holds(at(write.shown, field.readAt), value)) return null
  return fail(
    `${operation.id} takes ${field.name} = ${JSON.stringify(value)} from __proto__`,
    before.answer,
    plain.answer,
    write.answer,
    write.read,
  )
}
