import type { Attack, Case } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { pairsOf } from '../pairs.ts'

const MOST_CASES = 6

export const weakerVersion: Attack = {
  id: 'weaker-version',
  number: 120,
  risk: 'API9',
  severity: 'high',
  cwe: 639,
  title: 'An old version shows what the current one keeps from a caller',
  references: ['OWASP API9:2023', 'OWASP API1:2023', 'ASVS 5.0 13.4.5'],
  maxRequests: 6,
  oracle:
    'Another user is refused an object by the current version, and by the old one is shown what only its owner is shown.',
  fix: 'Answer old versions from the same code, checks included, or take them off the server.',
  phase: 'normal',
  cases,
  async run({ operation: old, owner, attacker, variant }: Case, probe) {
    const current = probe.operation(variant ?? null)
    if (!old || current === null || old.resource === null) throw new NotTested('the current version is left out')
    const [alice, mallory] = [probe.identity(owner), probe.identity(attacker)]
    const thing = await probe.object(old.resource, alice)
    // As it is now: others may have changed it since it was made.
    const control = await probe.measure(await probe.draft(old, alice, { things: [thing] }), alice, thing)
    const refused = await probe.send(await probe.draft(current, mallory, { things: [thing] }), mallory)
    if (probe.shows(refused, control) || refused.status < 400)
      return pass(`${current.id} itself answers ${mallory.name} ${refused.status}`, refused)
    const answer = await probe.send(await draftOf(old, mallory, thing, probe), mallory)
    return probe.shows(answer, control, refused)
      ? fail(
          `${mallory.name} is refused by ${current.id} (${refused.status}) and is shown it by ${old.id}`,
          refused,
          answer,
        )
      : pass(`the old version answers ${answer.status}`, refused, answer)
  },
}

/** The object alone is somebody else's: whatever else the request names, such as a tenant in a header, is the caller's own. */
function draftOf(old: Operation, mallory: Thing['owner'], thing: Thing, probe: Probe) {
  const alone = { ...thing, chain: [] as Thing[] }
  alone.chain.push(alone)
  return probe.draft(old, mallory, { things: [alone] })
}

/** Operations that read the same kind of object in two versions. */
function cases(plan: Plan): readonly Case[] {
  const reads = plan.operations.filter(
    ({ method, purpose, resource, leftOut }) => method === 'GET' && purpose === 'read' && resource !== null && !leftOut,
  )
  const pairs = reads.flatMap((old) => {
    const current = reads.find((each) => each.resource === old.resource && isNewer(each, old))
    return current && old.access !== 'public' ? [{ old, current }] : []
  })
  return pairs
    .flatMap(({ old, current }) =>
      pairsOf(plan, 'main').map(([owner, attacker]) => ({
        operation: old,
        owner: owner.name,
        attacker: attacker.name,
        variant: current.id,
      })),
    )
    .slice(0, MOST_CASES)
}

const versionOf = ({ path }: Operation): number => Number(/(?:^|\/)v(\d+)(?=\/)/i.exec(path)?.[1] ?? 0)

const isNewer = (one: Operation, old: Operation): boolean =>
  lastOf(one) === lastOf(old) &&
  (versionOf(one) > versionOf(old) || (old.read.deprecated && !one.read.deprecated && one.path !== old.path))

/** The end of the path without the parameter's name: `/v1/devices/{id}` and `/v2/orgs/{orgId}/devices/{deviceId}`. */
const lastOf = ({ path }: Operation): string =>
  path
    .split('/')
    .slice(-2)
    .join('/')
    .replace(/\{[^{}]*\}/, '{}')
