import type { Attack, Case, Untested } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, pass, type Verdict } from '../../verdict.ts'
import { referenceCases, strangerNames, withOwnCookies } from './in-place.ts'
import { judgeRead } from './judge-read.ts'
import { callersObjects, holds, listDraft, listedBy } from './lists.ts'
import { withPairs } from './object-cases.ts'
import { PRIVACY_REQUESTS } from './private-object.ts'
import { knowSubject } from './subject.ts'

const HEADERS = [
  'X-User-Id',
  'X-User',
  'X-Auth-User',
  'X-Forwarded-User',
  'X-Authenticated-User',
  'X-Account-Id',
  'User-Id',
]
const COOKIES = ['userId', 'user_id', 'uid', 'user', 'accountId']
const UNDECLARED = 'headers and cookies that name a user'

/** Who one is, or what one means, read from where any client can write it. */
export const idInHeader: Attack = {
  id: 'id-in-header',
  number: 6,
  risk: 'API1',
  severity: 'critical',
  cwe: 639,
  title: 'A header or cookie takes the id of somebody else or of his object',
  references: ['OWASP API1:2023', 'ASVS 5.0 8.2.2'],
  maxRequests: 12 + PRIVACY_REQUESTS,
  oracle: "The owner's canary stands in the answer to the other user, who named the owner in a header or a cookie.",
  fix: 'Take the caller from the verified credential alone, and authorize objects that a header names like those of the path.',
  phase: 'normal',
  cases: (plan) => [
    ...referenceCases(plan, 'main', (reference) => reference.in === 'header' || reference.in === 'cookie'),
    ...undeclared(plan),
  ],
  run: (it, probe) =>
    it.variant === UNDECLARED && it.operation ? asTheOwner(it, it.operation, probe) : strangerNames(it, probe),
}

/** One list is enough: who the caller is is decided in one place. */
function undeclared(plan: Plan): readonly (Case | Untested)[] {
  const own = plan.resources.filter(({ create, shared, isUser }) => create !== null && !shared && !isUser)
  const [list] = [...own.filter(({ read }) => read !== null), ...own].flatMap((each) =>
    callersObjects(plan, each).filter(({ resource }) => resource === each.name),
  )
  return list === undefined ? [] : withPairs(plan, list, 'one', () => false, UNDECLARED)
}

async function asTheOwner({ owner, attacker }: Case, list: Operation, probe: Probe): Promise<Verdict> {
  const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
  const subject = await knowSubject(probe, alice)
  if (subject === null || list.resource === null)
    throw new NotTested(`the id of ${alice.name} is not known; add subject: … to the identity`)
  const thing = await probe.object(list.resource, alice)
  const control = await probe.measure(await listDraft(probe, list, alice, thing), alice, thing)
  const plain = await listedBy(probe, list, bob, thing)
  if (holds(plain, thing)) throw new NotTested(`${bob.name} is shown it without any such header: see list-leak`)
  const own = await listDraft(probe, list, bob, thing)
  const headers = [
    ...own.headers,
    ...HEADERS.map((name) => [name, subject] as const),
    ['Cookie', COOKIES.map((name) => `${name}=${encodeURIComponent(subject)}`).join('; ')] as const,
  ]
  const draft = { ...own, headers }
  const answer = await probe.send(await withOwnCookies(draft, bob), bob)
  return thing.canary === null && !holds(answer, thing)
    ? pass(`${bob.name} names ${alice.name} in headers and cookies and is shown his own`, control.answer, answer)
    : judgeRead(probe, list, control, answer, bob, `names ${alice.name} in ${UNDECLARED}`)
}
