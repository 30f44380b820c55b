import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { ownerFields } from './data-signs.ts'
import { addressed, nothingKnown, objectCases } from './object-cases.ts'
import { knowSubject } from './subject.ts'
import { writeDraft } from './write-cases.ts'

/** The owner's field written by somebody: an object taken, or put on somebody. */
export const reassignOwner: Attack = {
  id: 'reassign-owner',
  number: 17,
  risk: 'API1',
  severity: 'high',
  cwe: 915,
  title: 'The owner of an object can be written by who should not',
  references: ['OWASP API1:2023', 'OWASP API3:2023', 'ASVS 5.0 15.3.3'],
  maxRequests: 8,
  oracle:
    "Read back, the owner's field holds the value that the other user wrote: he took her object, or put his own on her although no contract says that this can be done.",
  fix: 'Set the owner from the credential when the object is made, and take it from no body.',
  phase: 'normal',
  cases: (plan) =>
    objectCases(
      plan,
      'main',
      ({ method, purpose }, { isUser, isTenant }) =>
        (method === 'PUT' || method === 'PATCH') && purpose === 'update' && !isUser && !isTenant,
    ),
  async run({ operation, owner, attacker }: Case, probe) {
    const resource = operation ? addressed(probe.plan, operation) : null
    if (!operation || !resource) throw nothingKnown()
    const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
    const [hers, his] = [await probe.fresh(resource.name, alice), await probe.fresh(resource.name, bob)]
    if ((await knowSubject(probe, alice)) === null || (await knowSubject(probe, bob)) === null)
      throw new NotTested('the ids of the users are not known; add subject: … to the identities')
    const field = await ownerFieldOf(probe, hers)
    const taken = await take(probe, operation, hers, bob, field)
    return taken.outcome === 'fail' ? taken : give(probe, operation, resource, his, alice, field)
  },
}

/** Where the reply names the owner, and where a body would. */
interface OwnerField {
  readonly inReply: string
  readonly inBody: string
}

async function ownerFieldOf(probe: Probe, thing: Thing): Promise<OwnerField> {
  const data = thing.data ?? (await probe.world.read(thing)).json
  const [inReply] = ownerFields({ ...thing, data }, thing.owner).toSorted((one, other) => one.length - other.length)
  if (inReply === undefined)
    throw new NotTested(
      `no field of a ${thing.resource.name} names its owner; where one does: resources: { ${thing.resource.name}: { owner: <field> } }`,
    )
  const names = inReply.split('/')
  return { inReply, inBody: `/${names.slice(/^_?id$/.test(names.at(-1) ?? '') ? -2 : -1).join('/')}` }
}

/** He names himself as the owner of what is hers. */
async function take(
  probe: Probe,
  operation: Operation,
  thing: Thing,
  bob: Identity,
  field: OwnerField,
): Promise<Verdict> {
  const answer = await probe.send(await namingDraft(probe, operation, thing, bob, bob, field), bob)
  const [hers, his] = [await probe.world.read(thing), await probe.world.read({ ...thing, owner: bob })]
  const seen = [hers, his].find((each) => succeeded(each) && names(each, field, bob))
  return seen === undefined
    ? pass(`${bob.name} names himself its owner and is answered ${answer.status}`, answer, hers)
    : fail(
        `${bob.name} made himself the owner of the ${thing.resource.name} of ${thing.owner.name}: ${field.inReply.slice(1)} is his id`,
        answer,
        seen,
      )
}

/** He puts what is his on her. Where the document takes the field, handing over is what the operation is for. */
async function give(
  probe: Probe,
  operation: Operation,
  { extension }: Resource,
  thing: Thing,
  alice: Identity,
  field: OwnerField,
): Promise<Verdict> {
  const bob = thing.owner
  const [name = ''] = field.inBody.slice(1).split('/')
  const schema = operation.read.body?.content[0]?.schema.properties?.[name]
  const control = await probe.send(await writeDraft(probe, operation, thing, bob, probe.nonce()), bob)
  if (!succeeded(control))
    throw new Inconclusive(`${bob.name} is answered ${control.status} for a change of his own too`, control)
  if (schema !== undefined && schema.readOnly !== true && extension?.fields[name]?.write === undefined)
    return pass(`${bob.name} cannot take it; that ${name} can be given is what the document says`, control)
  const answer = await probe.send(await namingDraft(probe, operation, thing, bob, alice, field), bob)
  const [his, hers] = [await probe.world.read(thing), await probe.world.read({ ...thing, owner: alice })]
  const seen = [his, hers].find((each) => succeeded(each) && names(each, field, alice))
  if (seen === undefined)
    return pass(`${bob.name} names another owner and is answered ${answer.status}; nothing changed`, control, answer)
  const why = `${bob.name} put his ${thing.resource.name} on ${alice.name}: ${name} was written though nobody says that it can be`
  return { ...fail(why, control, answer, seen), severity: 'medium' }
}

async function namingDraft(
  probe: Probe,
  operation: Operation,
  thing: Thing,
  as: Identity,
  named: Identity,
  { inReply, inBody }: OwnerField,
) {
  const draft = await writeDraft(probe, operation, thing, as, probe.nonce())
  const value = typeof at(thing.data, inReply) === 'number' ? Number(named.subject) : nameLike(thing, inReply, named)
  return { ...draft, body: withAt(draft.body ?? {}, inBody, value) }
}

/** An owner may be named by id or by e-mail address. */
const nameLike = ({ data, owner }: Thing, inReply: string, named: Identity): string | null =>
  at(data, inReply) === owner.plan.account?.username ? (named.plan.account?.username ?? null) : named.subject

const names = (answer: Answer, { inReply }: OwnerField, { subject, plan }: Identity): boolean => {
  const value = at(answer.json, inReply)
  return value !== undefined && [subject, plan.account?.username].includes(String(value))
}
