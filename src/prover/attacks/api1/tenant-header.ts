import type { Attack, Case, Untested } from '../../attack.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { at, leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { mayTouch, pairsOf } from '../pairs.ts'
import { judgeRead } from './judge-read.ts'
import { addressed, forUsers, nothingKnown, objectCases } from './object-cases.ts'
import { leaks, plainRead } from './plain-read.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'

const USUAL = [
  'X-Tenant-Id',
  'X-Tenant',
  'X-Org-Id',
  'X-Organization-Id',
  'X-Company-Id',
  'X-Workspace-Id',
  'Tenant-Id',
]
const TENANT = /tenant|org(ani[sz]ation)?(_?id)?$|company|workspace/i

/** The tenant taken from a header that any client can write. */
export const tenantHeader: Attack = {
  id: 'tenant-header',
  number: 18,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: "A header moves a user into somebody else's tenant",
  references: ['OWASP API1:2023', 'ASVS 5.0 8.4.1'],
  maxRequests: 10 + PRIVACY_REQUESTS,
  oracle:
    "A user of another tenant is refused the object, and shown it once a header names its owner's tenant; or a header that the document asks for, with another's tenant in it, shows what is of that tenant.",
  fix: 'Take the tenant from the verified credential; where people have several, check that the named one is theirs.',
  phase: 'normal',
  cases: tenantCases,
  async run({ operation, owner, attacker }: Case, probe) {
    const [alice, carol] = [probe.identity(owner), probe.identity(attacker)]
    if (operation && isOfHeader(operation)) return ofOtherTenant(probe, operation, alice, carol)
    const resource = operation ? addressed(probe.plan, operation) : null
    if (!operation || !resource) throw nothingKnown()
    const thing = await probe.object(resource.name, alice)
    const { control, answer: plain, isShown } = await plainRead(probe, operation, thing, carol)
    if (isShown) throw new NotTested(`${carol.name} is shown it without such a header: see object-read`)
    const tenant = tenantOf(thing) ?? alice.plan.tenant ?? ''
    const declared = operation.references.filter((each) => each.in === 'header' && each.of === 'tenant')
    const names = [...new Set([...declared.map(({ name }) => name), ...USUAL])]
    const others = control.draft.headers.filter(([name]) => !names.some((each) => same(each, name)))
    const headers = [...others, ...names.map((name) => [name, tenant] as const)]
    const answer = await probe.send({ ...control.draft, headers }, carol)
    if (!(await leaks(probe, operation, answer, control, carol)))
      return pass(
        `${carol.name} names the tenant in headers and is answered ${answer.status}`,
        control.answer,
        plain,
        answer,
      )
    return judgeRead(probe, operation, control, answer, carol, `names the tenant ${tenant} in a header`)
  },
}

/** A read whose only word on whose things it shows is a declared header. */
const isOfHeader = (operation: Operation): boolean =>
  operation.method === 'GET' &&
  forUsers(operation) &&
  operation.references.some((each) => each.in === 'header' && each.of === 'tenant') &&
  !operation.references.some((each) => each.in === 'path')

/** Her tenant in his header: what she is shown and he is not under his own must not come. */
async function ofOtherTenant(probe: Probe, operation: Operation, alice: Identity, carol: Identity): Promise<Verdict> {
  if (operation.purpose === 'list' && operation.resource !== null)
    await probe.object(operation.resource, alice).catch(() => null)
  const control = await probe.ownerReads(operation, alice, null)
  const own = await probe.send(await probe.draft(operation, carol), carol)
  if (!control.marks.some((mark) => !own.text.includes(mark)))
    throw new NotTested(`${alice.name} is shown nothing there that ${carol.name} is not`)
  const answer = await probe.send(control.draft, carol)
  if (!probe.shows(answer, control, own))
    return pass(
      `${carol.name} names the tenant of ${alice.name} and is answered ${answer.status}`,
      control.answer,
      answer,
    )
  const nobody = await probe.send(control.draft, probe.nobody)
  if (probe.shows(nobody, control)) throw new NotTested('anybody is shown it without a credential')
  return fail(
    `${carol.name} names the tenant of ${alice.name} in a header and is shown what is of that tenant`,
    control.answer,
    answer,
  )
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** Three resources are enough: tenants are told apart in one place. */
function tenantCases(plan: Plan): readonly (Case | Untested)[] {
  const main = new Set(plan.resources.map(({ read, isUser, isTenant }) => (isUser || isTenant ? null : read)))
  const found = objectCases(plan, 'main', ({ id, method }) => method === 'GET' && main.has(id))
  const pair = pairsOf(plan, 'all').find(([owner, attacker]) => {
    const [hers, his] = [owner.tenant, attacker.tenant]
    return hers !== null && his !== null && hers !== his && owner.kind === 'user'
  })
  if (pair === undefined)
    return found.length === 0
      ? []
      : [
          {
            operation: null,
            untested: 'needs users of two tenants; say whose they are: identities: { carol: { tenant: … } }',
          },
        ]
  const [owner, attacker] = pair
  const operations = [...new Set(found.flatMap((it) => ('untested' in it || !it.operation ? [] : [it.operation])))]
  const byId = operations.filter((operation) => {
    const resource = addressed(plan, operation)
    return resource !== null && !mayTouch(operation, resource, attacker)
  })
  const byHeader = plan.operations.filter((each) => each.rule === null && isOfHeader(each))
  return [...byId.slice(0, 3), ...byHeader.slice(0, 5)].map((operation) => ({
    operation,
    owner: owner.name,
    attacker: attacker.name,
  }))
}

/** The tenant as the object itself names it. */
function tenantOf({ data, resource }: Thing): string | null {
  const told = resource.tenant === null ? undefined : at(data, `${resource.replyAt ?? ''}/${resource.tenant}`)
  const value = told ?? [...leavesOf(data)].find((leaf) => TENANT.test(leaf.at.split('/').at(-1) ?? ''))?.value
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
