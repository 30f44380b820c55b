import type { Attack, Case, Untested } from '../../attack.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { firstUser } from '../pairs.ts'
import { readSample, readsOf, SAMPLE_REQUESTS } from '../sampled-reads.ts'
import { settled } from '../settled.ts'
import type { SignedInCase } from '../signed-in.ts'

export const afterSunset: Attack = {
  id: 'after-sunset',
  number: 121,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'An operation is served after its end',
  references: ['OWASP API9:2023', 'RFC 8594', 'RFC 9745'],
  maxRequests: SAMPLE_REQUESTS,
  oracle:
    'The day that `x-turnpike` or the Sunset header names is past, and the operation still answers its owner other than 404, 405 or 410. What is deprecated without a day and still answers is told as information.',
  fix: 'Answer 410 from that day on, by the same table that the document is made from.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const { operation, owner } = it
    if (!operation) return pass()
    const sunset = operation.extension?.sunset
    if (sunset != null && Date.parse(sunset) <= probe.now()) return isGone(probe, operation, owner, sunset)
    if (operation.method !== 'GET') throw new NotTested('it has not reached its end')
    const { answer } = (await readSample(probe, it as SignedInCase)).control
    const said = answer.headers.sunset
    const day = said === undefined ? Number.NaN : Date.parse(said)
    if (day <= probe.now())
      return fail(`${operation.id} says that it ended on ${said} and answers ${answer.status}`, answer)
    if (!isDeprecated(operation)) return pass('it says nothing of an end', answer)
    return sunset != null || day > probe.now()
      ? pass(`it ends on ${sunset ?? said}`, answer)
      : {
          ...fail(`${operation.id} is deprecated, answers ${answer.status}, and nothing says until when`, answer),
          severity: 'info',
        }
  },
}

/** What has an end, what is deprecated, and reads whose answer may say so. */
function* cases(plan: Plan): Generator<Case | Untested> {
  const reads = readsOf(plan, 'all')
  yield* reads.filter(({ operation }) => !hasEnd(operation))
  const admin = plan.identities.find(({ kind, spare }) => kind === 'admin' && !spare)
  const user = firstUser(plan) ?? admin
  for (const operation of plan.operations)
    if (user && hasEnd(operation) && !operation.leftOut)
      yield { operation, owner: (operation.access === 'admin' ? (admin ?? user) : user).name }
}

const isDeprecated = ({ read, extension }: Operation): boolean => read.deprecated || extension?.deprecated != null

/** With a day that is set: whether it is past, the target's clock says. */
const hasEnd = ({ extension }: Operation): boolean => extension?.sunset != null

/** After the end nothing but its absence is right, whatever is sent: an empty object does no harm where it is not. */
async function isGone(probe: Probe, operation: Operation, owner: string | undefined, sunset: string): Promise<Verdict> {
  const alice = probe.identity(owner)
  if (operation.method === 'DELETE') throw new NotTested('it would delete something if it were still served')
  const draft = await probe.draft(operation, alice)
  const answer = await settled(probe, operation.method === 'GET' ? draft : { ...draft, body: {} }, alice)
  if ([404, 405, 410, 501].includes(answer.status)) return pass(`after ${sunset} it answers ${answer.status}`, answer)
  if (succeeded(answer) || [400, 409, 415, 422].includes(answer.status))
    return fail(`${operation.id} ended on ${sunset} and answers ${answer.status}`, answer)
  throw new Inconclusive(`${operation.id} answers ${answer.status}, which says neither`, answer)
}
