import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { succeeded } from '../../success.ts'
import { fail, pass } from '../../verdict.ts'
import { type GuardedCase, guardedControl, guardedReads } from './guarded.ts'

export const headOrOptions: Attack = {
  id: 'head-or-options',
  number: 82,
  risk: 'API5',
  severity: 'medium',
  cwe: 288,
  title: 'HEAD or OPTIONS skips the check that GET makes',
  references: ['OWASP API5:2023', 'RFC 9110 section 9.3.2', 'ASVS 5.0 8.2.1'],
  maxRequests: 10,
  oracle: 'HEAD tells the refused caller the size or the tag of what GET refuses, or OPTIONS shows its content.',
  fix: 'Run the same guards for HEAD as for GET (best: one route for both), and answer OPTIONS from the list of methods alone.',
  phase: 'normal',
  cases: (plan) => guardedReads(plan, 2),
  async run(it: Case, probe) {
    const { attacker, control, refused, reaches } = await guardedControl(probe, it as GuardedCase)
    const options = await probe.send({ ...control.draft, method: 'OPTIONS' }, attacker, { anyStatus: true })
    if (reaches(options)) return { ...fail('OPTIONS shows what GET refuses', refused, options), severity: 'high' }
    const head = { ...control.draft, method: 'HEAD' }
    const own = await probe.send(head, probe.identity(it.owner))
    const answer = await probe.send(head, attacker)
    if (!succeeded(own) || !succeeded(answer) || !hasTelling(own))
      return pass(`HEAD is answered ${answer.status}`, refused, answer)
    // Whoever answers 200 to any HEAD tells nothing.
    const path = `${control.draft.path}-${probe.nonce()}`
    const anything = await probe.send({ ...head, path }, attacker)
    return !tellsLike(answer, anything) && tellsLike(answer, own)
      ? fail(`HEAD tells the refused caller what it tells ${it.owner}: ${told(answer)}`, refused, own, answer)
      : pass('HEAD tells nothing of what is behind it', refused, answer, anything)
  },
}

const told = ({ headers }: Answer): string =>
  `size ${headers['content-length'] ?? 'unknown'}, tag ${headers.etag ?? 'none'}`

const hasTelling = ({ headers }: Answer): boolean =>
  headers.etag !== undefined || Number(headers['content-length'] ?? '0') > 0

const tellsLike = (one: Answer, other: Answer): boolean =>
  one.status === other.status &&
  one.headers['content-length'] === other.headers['content-length'] &&
  one.headers.etag === other.headers.etag
