import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { NotTested } from '../../verdict.ts'
import { usersOf } from '../pairs.ts'
import type { Field } from './fields.ts'
import { massAssignment } from './mass-assignment.ts'
import { shownThing, shownWhole } from './shown-object.ts'
import type { Write, Writer } from './writer.ts'

export const ownerAssignment = massAssignment({
  id: 'owner-assignment',
  number: 55,
  severity: 'high',
  title: 'The body says whose the object is, or in which tenant',
  fix: 'Set owner and tenant from the signed-in caller when the object is made, and leave them out of every update.',
  phase: 'exhausting',
  kinds: ['register', 'create', 'update'],
  fields: (unoffered) => unoffered.filter(({ kind }) => kind === 'owner'),
  guesses: [
    ['ownerId', 'owner'],
    ['userId', 'owner'],
    ['tenantId', 'owner'],
  ],
  none: 'its body may hold anything by intention',
  async more(writer, probe) {
    if (writer.isBorrowed && !writer.isSelf)
      throw new NotTested(
        `${writer.operation.id}: an object that was there before is not given away, and none can be made`,
      )
    const other = await strangerTo(writer, probe)
    const theirs = await objectOf(other, writer, probe)
    return {
      value: (field, current) => theirValue(field, current, other, at(theirs, field.readAt)),
      elsewhere: (write) => shownToStranger(write, writer, other, probe),
    }
  },
})

/** Of another tenant where there is one, so that both owner and tenant differ. */
async function strangerTo({ owner }: Writer, probe: Probe): Promise<Identity> {
  const others = usersOf(probe.plan).filter(({ name }) => name !== owner.name)
  const chosen = others.find(({ tenant }) => tenant !== owner.plan.tenant) ?? others[0]
  if (!chosen) throw new NotTested('needs another identity; add --as bob=…, or a second user under identities')
  const other = probe.identity(chosen.name)
  await other.session()
  return other
}

/** What the stranger's own object holds in these fields is what they would take. */
async function objectOf(other: Identity, { resource, operation }: Writer, probe: Probe): Promise<unknown> {
  const whoAmI = probe.operation(probe.plan.auth.whoAmI)
  if (resource === null || resource.isUser || operation.purpose === 'auth')
    return whoAmI ? shownWhole((await probe.send(await probe.draft(whoAmI, other), other)).json) : null
  const thing = await probe.object(resource.name, other).catch(() => null)
  return thing && (shownThing(thing.data, thing) ?? thing.data)
}

function theirValue({ name, known }: Field, current: unknown, other: Identity, theirs: unknown): unknown {
  if (theirs !== undefined && theirs !== null && typeof theirs !== 'object') return theirs
  if (/tenant|org|company|workspace|team/i.test(name)) return known ? undefined : (other.plan.tenant ?? undefined)
  if (other.subject === null) return undefined
  return typeof current === 'number' ? Number(other.subject) : other.subject
}

/** The object moved: its maker does not see it any more, and the stranger does. */
async function shownToStranger(
  { thing }: Write,
  { resource }: Writer,
  other: Identity,
  probe: Probe,
): Promise<Answer | null> {
  const reader = probe.operation(resource?.read ?? null)
  if (thing === null || reader === null) return null
  const answer = await probe.send(await probe.draft(reader, other, { things: [thing] }), other)
  return succeeded(answer) && shownThing(answer.json, thing) !== null ? answer : null
}
