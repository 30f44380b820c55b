import type { Attack, Case, Untested } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { canaryPlaces } from '../../plan/plant-canary.ts'
import { withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { usersOf } from '../pairs.ts'
import { sameTemplate } from '../path-template.ts'
import { adminOf, isForAdmins } from './guarded.ts'

const METHODS = ['PATCH', 'PUT', 'DELETE']

export const undeclaredMethod: Attack = {
  id: 'undeclared-method',
  number: 80,
  risk: 'API5',
  severity: 'high',
  cwe: 650,
  title: 'A method that nobody declared changes an object',
  references: ['OWASP API5:2023', 'RFC 9110 section 15.5.6', 'ASVS 5.0 4.1.4'],
  maxRequests: 6,
  oracle: "After the undeclared method the owner's object is changed or gone.",
  fix: 'Route methods by an explicit list and answer every other with 405 and Allow; generated routes (scaffolds, REST plugins) are where these come from.',
  phase: 'destructive',
  cases,
  async run({ operation, owner, attacker, variant }: Case, probe) {
    if (!operation?.resource || variant === undefined) return pass()
    const alice = probe.identity(owner)
    let held: Verdict = pass()
    // A stranger first: that he can is worse than that anybody can.
    for (const who of [probe.identity(attacker), alice].filter((each, index) => index === 1 || each !== alice))
      for (const method of variant.split(' ')) {
        const verdict = await tried(probe, operation, alice, who, method)
        if (verdict.outcome === 'fail') return who === alice ? { ...verdict, severity: 'medium' } : verdict
        held = verdict
      }
    return held
  },
}

async function tried(
  probe: Probe,
  operation: Operation,
  alice: Identity,
  who: Identity,
  method: string,
): Promise<Verdict> {
  const thing = await probe.fresh(operation.resource as string, alice)
  const before = await probe.world.read(thing)
  if (!succeeded(before)) throw new Inconclusive(`${alice.name} cannot read back what was made`, before)
  const canary = probe.nonce()
  const answer = await probe.send(await draftOf(probe, operation, alice, thing, method, canary), who, {
    anyStatus: true,
  })
  const after = await probe.world.read(thing)
  const gone = method === 'DELETE' && (after.status === 404 || after.status === 410)
  return gone || (method !== 'DELETE' && after.text.includes(canary))
    ? fail(
        `${method} ${operation.path}, which is not declared, let ${who.name} ${gone ? 'remove' : 'change'} the ${thing.resource.name} of ${alice.name}`,
        before,
        answer,
        after,
      )
    : pass(`${method} is answered ${answer.status} and has no effect`, answer, after)
}

/** The object as it is read, with the canary in its likeliest text. */
async function draftOf(
  probe: Probe,
  operation: Operation,
  alice: Identity,
  thing: Thing,
  method: string,
  canary: string,
): Promise<Draft> {
  const { path, headers } = await probe.draft(operation, alice, { things: [thing] })
  const known = typeof thing.data === 'object' && thing.data !== null ? thing.data : {}
  const texts = Object.entries(known).filter(([name, value]) => typeof value === 'string' && name !== thing.resource.id)
  const schema = { properties: Object.fromEntries(texts.map(([name]) => [name, { type: 'string' }])) }
  const [place] = canaryPlaces(schema, canary)
  const body = place === undefined ? { ...known, title: canary } : withAt(method === 'PUT' ? known : {}, place, canary)
  return {
    method,
    path,
    query: [],
    headers,
    body: method === 'DELETE' ? undefined : body,
    mediaType: 'application/json',
  }
}

function* cases(plan: Plan): Generator<Case | Untested> {
  const [alice, bob = alice] = usersOf(plan)
  const items = plan.operations.filter(({ purpose, leftOut }) => purpose === 'read' && !leftOut)
  for (const operation of items) {
    const resource = plan.resources.find(({ name }) => name === operation.resource)
    const declared = plan.operations
      .filter(({ path }) => sameTemplate(path, operation.path))
      .map(({ method }) => method)
    const methods = METHODS.filter((method) => !declared.includes(method))
    if (methods.length === 0 || !resource || resource.isUser || !alice || !bob) continue
    if (resource.create === null)
      yield { operation, untested: `no operation makes a ${resource.name}, so there is none to lose` }
    else {
      // What only admins make is an admin's, and any user a stranger to it.
      const maker = plan.operations.find(({ id }) => id === resource.create)
      const admin = maker && isForAdmins(maker) ? adminOf(plan) : null
      const [owner, attacker] = admin ? [admin, alice] : [alice, bob]
      yield { operation, owner: owner.name, attacker: attacker.name, variant: methods.join(' ') }
    }
  }
}
