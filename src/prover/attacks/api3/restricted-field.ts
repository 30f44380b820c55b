import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { IdentityPlan, Operation, Plan, Resource } from '../../plan/plan.ts'
import { at } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { allowsStranger, firstUser } from '../pairs.ts'
import { restrictedFields } from './restricted-fields.ts'
import { isMasked } from './secrets.ts'
import { type Shown, shownThing, shownWhole } from './shown-object.ts'

export const restrictedField: Attack = {
  id: 'restricted-field',
  number: 64,
  risk: 'API3',
  severity: 'high',
  cwe: 213,
  title: 'A field that is kept for a role is shown without it',
  references: ['OWASP API3:2023', 'ASVS 5.0 8.2.3'],
  maxRequests: 4,
  oracle:
    'Somebody who may read the object but, by the contract, not the field is shown a value that is no mask; whoever may read it is the control that there is a value.',
  fix: 'Say with each field who may read it, and leave it out of every reply to anybody else, lists included.',
  phase: 'normal',
  cases,
  async run({ operation, owner, attacker }: Case, probe) {
    const resource = operation?.resource ? probe.resource(operation.resource) : null
    if (!operation || !resource) return pass()
    const [alice, reader] = [probe.identity(owner), probe.identity(attacker)]
    const thing = await probe.object(resource.name, alice)
    const draft = await probe.draft(operation, reader, { things: [thing] })
    const answer = await probe.send(draft, reader)
    const shown =
      shownThing(answer.json, thing) ??
      (operation.purpose === 'read' ? shownWhole(answer.json) : ofOthers(answer, resource, reader))
    if (!succeeded(answer) || shown === null)
      throw new Inconclusive(`${reader.name} is not shown the ${resource.name} at all (${answer.status})`, answer)
    const fields = restrictedFields(probe.plan, operation, resource).filter((each) =>
      each.isBarred(reader.plan, reader === alice),
    )
    const leaked = fields.filter(({ name }) => isValue(shown[name]))
    if (leaked.length > 0)
      return fail(`${reader.name} is shown ${leaked.map(({ name, why }) => `${name} (${why})`).join(', ')}`, answer)
    const unseen = fields.filter(({ isForNobody }) => !isForNobody).map(({ name }) => name)
    if (unseen.length > 0) await someValueIsThere(operation, resource, thing, unseen, probe)
    return pass(`${fields.map(({ name }) => name).join(', ')} not shown to ${reader.name}`, answer)
  },
}

function* cases(plan: Plan): Generator<Case | Untested> {
  const user = firstUser(plan)
  const admins = plan.identities.filter(({ kind, spare }) => kind === 'admin' && !spare)
  let count = 0
  for (const operation of plan.operations) {
    const resource = plan.resources.find(({ name }) => name === operation.resource)
    if (!resource || !user || operation.leftOut || operation.access === 'admin') continue
    if (![resource.read, resource.list, plan.focus].includes(operation.id) || operation.method !== 'GET') continue
    const fields = restrictedFields(plan, operation, resource)
    for (const reader of [user, ...admins]) {
      const owns = reader === user
      if (!owns && !mayRead(operation, resource, reader)) continue
      if (!fields.some((each) => each.isBarred(reader, owns))) continue
      count++
      yield { operation, owner: user.name, attacker: reader.name }
    }
  }
  if (count === 0)
    yield {
      operation: null,
      untested:
        'no field is known that a caller who reads the object may not read; say so with "read" in x-turnpike, "admins only" in its description, or an identity without the role',
    }
}

/** By the operation's own rule; what a list shows is what the resource lets him read. */
const mayRead = ({ rule, purpose }: Operation, { extension }: Resource, reader: IdentityPlan): boolean =>
  rule !== null &&
  extension !== null &&
  allowsStranger(purpose === 'list' ? extension.read : rule, reader, extension.read)

/** An object of somebody else in a list, which may be too long for the one that was made. */
function ofOthers({ json }: Answer, { owner }: Resource, { subject }: Identity): Shown | null {
  const foreign = itemsOf(json).find((item) => owner !== null && at(item, `/${owner}`) !== subject)
  return (foreign as Shown | undefined) ?? null
}

const isValue = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !isMasked(String(value))

/** A field that nobody is shown may just be empty. */
async function someValueIsThere(
  operation: Operation,
  resource: Resource,
  thing: Thing,
  names: readonly string[],
  probe: Probe,
): Promise<void> {
  const admin = probe.run.identities.find(({ plan }) => plan.kind === 'admin')
  const readers: readonly Identity[] = [thing.owner, ...(admin ? [admin] : [])]
  const fields = restrictedFields(probe.plan, operation, resource).filter(({ name }) => names.includes(name))
  const permitted = readers.find((each) => fields.every(({ isBarred }) => !isBarred(each.plan, each === thing.owner)))
  if (!permitted)
    throw new NotTested(
      `needs somebody who may read ${names.join(', ')}; add an identity with kind: admin, or with the role`,
    )
  const [through] = fields.flatMap(({ shownBy }) => probe.operation(shownBy) ?? [])
  const answer = await probe.send(
    await probe.draft(through ?? probe.operation(resource.read) ?? operation, permitted, { things: [thing] }),
    permitted,
  )
  const shown = shownThing(answer.json, thing) ?? shownWhole(answer.json)
  if (!names.some((name) => isValue(shown?.[name])))
    throw new Inconclusive(`${permitted.name}, who may read ${names.join(', ')}, is shown no value either`, answer)
}
