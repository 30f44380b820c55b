import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, pass } from '../../verdict.ts'
import { REPLY_REQUESTS, repliesShown, replyTo } from './replies.ts'
import { looksPrivate, secretsIn } from './secrets.ts'

const PRIVATE =
  'id,password,passwordHash,password_hash,salt,secret,apiKey,resetToken,internalNotes,internal_notes,riskScore'
const RELATED = 'owner,user,author,account,tenant,customer'

const WIDER: readonly (readonly [string, string])[] = [
  ['fields', PRIVATE],
  ['fields', '*'],
  ['select', PRIVATE],
  ['expand', RELATED],
  ['include', RELATED],
  ['populate', RELATED],
]

export const widenedReply: Attack = {
  id: 'widened-reply',
  number: 65,
  risk: 'API3',
  severity: 'high',
  cwe: 213,
  title: 'A query parameter makes the reply show what it keeps back',
  references: ['OWASP API3:2023', 'ASVS 5.0 15.3.1'],
  maxRequests: REPLY_REQUESTS + WIDER.length,
  oracle:
    'With `fields`, `select`, `expand`, `include` or `populate` the answer holds a property that it did not hold before and that is secret or private by its name or shape, or names another user.',
  fix: 'Let such parameters choose among the fields that this caller may read, from a list; expand related objects through their own access rule.',
  phase: 'normal',
  cases: (plan) => repliesShown(plan, (operation) => isTelling(operation, plan)),
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const plain = await replyTo(operation, alice, probe)
    const draft = await probe.draft(operation, alice)
    for (const [name, value] of WIDER) {
      const query = [...draft.query.filter(([each]) => each !== name), [name, value] as const]
      const answer = await probe.send({ ...draft, query }, alice)
      const more = succeeded(answer) ? newlyShown(answer, plain, alice, probe) : []
      if (more.length > 0) return fail(`${operation.id} shows ${more.join(', ')} with ${name}=${value}`, plain, answer)
    }
    return pass(`${WIDER.length} ways to ask for more show nothing more`, plain)
  },
}

/** One read of each resource, one list where nothing reads, and who the caller is. */
const isTelling = ({ id, method, purpose, resource }: Operation, plan: Plan): boolean => {
  const kind = plan.resources.find(({ name }) => name === resource)
  return (
    method === 'GET' &&
    (id === plan.auth.whoAmI ||
      (purpose === 'read' && kind?.read === id) ||
      (purpose === 'list' && kind?.list === id && kind.read === null))
  )
}

const nameOf = (at: string): string => at.replaceAll(/\/\d+(?=\/|$)/g, '/*')

function newlyShown(answer: Answer, plain: Answer, { subject, name }: Identity, probe: Probe): readonly string[] {
  const known = new Set([...leavesOf(plain.json)].map(({ at }) => nameOf(at)))
  const fresh = [...leavesOf(answer.json)].filter(({ at }) => !known.has(nameOf(at)))
  const secrets = secretsIn(answer.json, { own: [], subject, isRead: true }).map(({ at }) => at)
  const others = probe.plan.identities
    .filter((each) => each.name !== name)
    .flatMap(({ account }) => account?.username ?? [])
  const telling = fresh.filter(
    ({ at, value }) =>
      secrets.includes(at) || looksPrivate(at.split('/').at(-1) ?? '', value) || others.includes(String(value)),
  )
  return [...new Set(telling.map(({ at }) => nameOf(at).slice(1)))]
}
