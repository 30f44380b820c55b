import type { JsonSchema } from '../../../contract/schema.ts'
import type { Attack } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import { fits } from '../../plan/fits.ts'
import type { Operation } from '../../plan/plan.ts'
import { typeOf } from '../../plan/schema-type.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { ownerFields } from './data-signs.ts'
import { listCases, listedResource, ownItem } from './list-leak.ts'
import { holds, listDraft, listedBy } from './lists.ts'
import { nothingKnown } from './object-cases.ts'
import { PRIVACY_REQUESTS, privacyOf, sayWhose } from './private-object.ts'
import { knowSubject } from './subject.ts'

const USUAL = ['userId', 'user_id', 'ownerId', 'owner_id', 'owner', 'user', 'customerId', 'accountId', 'createdBy']
const WIDE: readonly (readonly [string, string])[] = [
  ['all', 'true'],
  ['scope', 'all'],
  ['view', 'all'],
  ['admin', 'true'],
  ['mine', 'false'],
  ['includeAll', 'true'],
]
const PERSON =
  /user|owner|customer|author|creator|created_?by|member|account|patient|client|employee|seller|buyer|assignee|email/i
const TENANT = /tenant|org|company|workspace|team/i

/** `GET /invoices?userId=…`: the filter takes the place of the wall. */
export const filterWidens: Attack = {
  id: 'filter-widens',
  number: 11,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "A filter opens somebody else's list",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 26 + PRIVACY_REQUESTS,
  oracle:
    "The other user's list leaves the owner's object out, and shows it once a parameter names the owner, her tenant or everything.",
  fix: 'Add filters to the condition on the caller, never in its place; refuse parameters that the contract does not name.',
  phase: 'normal',
  cases: (plan) => listCases(plan, 'one'),
  async run(it, probe) {
    const { operation, owner, attacker } = it
    const resource = listedResource(it, probe.plan)
    if (!operation || !resource) throw nothingKnown()
    const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
    const { thing } = await ownItem(probe, operation, resource, alice)
    const plain = await listedBy(probe, operation, bob, thing)
    if (holds(plain, thing)) throw new NotTested(`the list of ${bob.name} shows it without any filter: see list-leak`)
    const draft = await listDraft(probe, operation, bob, thing)
    const subject = await knowSubject(probe, alice)
    let refused = plain
    for (const filter of filters(operation, thing, alice, subject)) {
      const answer = await probe.send({ ...draft, query: [...without(draft, filter), ...filter] }, bob)
      if (succeeded(answer) && holds(answer, thing)) return judge(probe, operation, thing, bob, filter, answer)
      refused = answer
    }
    return pass(`no filter shows ${bob.name} what is of ${alice.name}`, plain, refused)
  },
}

type Filter = readonly (readonly [string, string])[]

const without = ({ query }: BuiltDraft, filter: Filter) =>
  query.filter(([name]) => !filter.some(([each]) => each === name))

/** What the document names, each alone; then the usual names: together, and alone too, since strict APIs refuse the crowd. */
function filters(operation: Operation, thing: Thing, owner: Identity, subject: string | null): readonly Filter[] {
  const parameters = operation.read.parameters.filter((each) => each.in === 'query')
  const names = parameters.map(({ name }) => name)
  const email = owner.plan.account?.username
  const known = new Map([...leavesOf(thing.data)].map(({ at, value }) => [at.split('/').at(-1) ?? '', value]))
  const declared = parameters.flatMap(({ name, schema }): Filter[] => {
    if (TENANT.test(name)) return owner.plan.tenant === null ? [] : [[[name, owner.plan.tenant]]]
    if (/e?mail$/i.test(name) && email !== undefined) return [[[name, email]]]
    if (PERSON.test(name)) return subject === null ? [] : [[[name, subject]]]
    // What the object says of itself under the same name finds it; a text may name a person whatever it is called.
    const own = /id$/i.test(name) ? known.get(name) : undefined
    if (own !== undefined && own !== null) return [[[name, String(own)]]]
    return subject !== null && mayName(name, schema, subject) ? [[[name, subject]]] : []
  })
  const fields = ownerFields(thing, owner).map((pointer) => pointer.split('/').at(-1) ?? '')
  const usual = [...new Set([...fields, ...USUAL])].filter((name) => !names.includes(name) && name !== 'id')
  const tenants = owner.plan.tenant === null ? [] : (['tenantId', 'tenant_id', 'orgId'] as const)
  const undeclared = subject === null ? [] : usual.map((name): Filter => [[name, subject]])
  const wide = WIDE.filter(([name]) => !names.includes(name))
  const together: Filter[] = [undeclared.flat(), wide, tenants.map((name) => [name, owner.plan.tenant ?? ''] as const)]
  return [
    ...declared.slice(0, 6),
    ...names.filter((name) => WIDE.some(([each]) => each === name)).map((name): Filter => [[name, wideValue(name)]]),
    ...together.filter((each) => each.length > 0),
    ...undeclared.slice(0, 4),
    [['all', 'true']],
  ]
}

/** Whether a filter of this shape may name a person: no choice, number, page or time. */
const mayName = (name: string, schema: JsonSchema, subject: string): boolean =>
  schema.enum === undefined &&
  typeOf(schema) === (/^\d+$/.test(subject) ? 'integer' : 'string') &&
  !/limit|offset|page|size|count$|cursor|after|before|sort|order|fields?$|expand|include|status|state|from$|until|since|date|time|^q$|search|query|^min|^max/i.test(
    name,
  ) &&
  fits(schema, /^\d+$/.test(subject) ? Number(subject) : subject)

const wideValue = (name: string): string => WIDE.find(([each]) => each === name)?.[1] ?? 'true'

async function judge(
  probe: Probe,
  list: Operation,
  thing: Thing,
  bob: Identity,
  filter: Filter,
  answer: Awaited<ReturnType<Probe['send']>>,
): Promise<Verdict> {
  const told = filter.map(([name, value]) => `${name}=${value}`).join('&')
  const draft = await listDraft(probe, list, bob, thing)
  const nobody = await probe.send({ ...draft, query: [...without(draft, filter), ...filter] }, probe.nobody)
  if (succeeded(nobody) && holds(nobody, thing)) throw new NotTested(`${told} shows it to anybody without a credential`)
  const privacy = await privacyOf(probe, thing, bob, null)
  if (privacy.is === 'shared') return pass(`${bob.name} may see it: ${privacy.why}`, answer)
  if (privacy.is === 'unknown') throw sayWhose(thing, privacy)
  const verdict = fail(
    `?${told} shows ${bob.name} the ${thing.resource.name} of ${thing.owner.name} (${privacy.why})`,
    answer,
  )
  return verdict
}
