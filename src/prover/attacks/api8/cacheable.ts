import type { Attack, Case, Untested } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, pass } from '../../verdict.ts'
import { resourceNamed } from '../api1/object-cases.ts'
import { usersOf } from '../pairs.ts'
import { readSample, readsOf, SAMPLE_REQUESTS } from '../sampled-reads.ts'
import type { SignedInCase } from '../signed-in.ts'

export const cacheable: Attack = {
  id: 'cacheable',
  number: 106,
  risk: 'API8',
  severity: 'low',
  cwe: 525,
  title: 'Private data may stay in caches',
  references: ['OWASP API8:2023', 'RFC 9111 section 5.2.2', 'ASVS 5.0 14.2.2', 'ASVS 5.0 14.3.2'],
  maxRequests: 2 + SAMPLE_REQUESTS,
  oracle:
    "What only its owner is shown is answered 2xx without no-store, private or no-cache in Cache-Control; medium where it says `public` or s-maxage. What another user is shown in the same words is nobody's.",
  fix: 'Send `Cache-Control: no-store` with everything that needs a credential, in one place, and take it off where sharing is meant.',
  phase: 'normal',
  cases,
  async run(it: Case, probe) {
    const { operation, owner, control } = await readSample(probe, it as SignedInCase)
    const answer = await probe.send(control.draft, probe.identity(owner))
    if (!succeeded(answer)) throw new Inconclusive(`${owner} is answered ${answer.status} the second time`, answer)
    const said = answer.headers['cache-control'] ?? ''
    const isShared = /(^|[\s,])(public|s-maxage=[1-9]\d*)/i.test(said)
    if (!isShared && /no-store|private|no-cache|max-age=0\b/i.test(said)) return pass(`Cache-Control: ${said}`, answer)
    if (await isForAll(probe, control, answer, owner)) return pass('everybody is shown the same', answer)
    return {
      ...fail(
        `${operation.id} shows ${owner} private data with ${said === '' ? 'no Cache-Control' : `Cache-Control: ${said}`}`,
        answer,
      ),
      severity: isShared ? 'medium' : 'low',
    }
  },
}

function* cases(plan: Plan): Generator<Case | Untested> {
  for (const it of readsOf(plan, 'signed-in')) {
    const { access, resource } = it.operation
    if (access !== 'unknown' && resourceNamed(plan, resource)?.private !== 'no') yield it
  }
}

/** A catalogue behind a sign-in is no secret of its reader. */
async function isForAll(probe: Probe, control: Control, answer: Answer, owner: string): Promise<boolean> {
  const other = usersOf(probe.plan).find(({ name }) => name !== owner)
  if (other === undefined) return false
  const theirs = await probe.send(control.draft, probe.identity(other.name))
  return succeeded(theirs) && !differs(theirs, answer)
}
