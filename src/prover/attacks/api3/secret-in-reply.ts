import type { Attack, Case } from '../../attack.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { type AttackSeverity, fail, pass } from '../../verdict.ts'
import { REPLY_REQUESTS, repliesShown, replyTo } from './replies.ts'
import { type Reader, secretsIn } from './secrets.ts'

export const secretInReply: Attack = {
  id: 'secret-in-reply',
  number: 62,
  risk: 'API3',
  severity: 'high',
  cwe: 200,
  title: 'A reply holds a password, its hash, a key or a whole card number',
  references: ['OWASP API3:2023', 'ASVS 5.0 14.2.6', 'CWE-359'],
  maxRequests: REPLY_REQUESTS,
  oracle:
    'A value has the shape of a password hash, private key, service key, stranger’s token or (by Luhn) card number, or an unmasked value stands under a name that only secrets have. The reply of a login, masks, the caller’s own input and secrets shown once where they are made do not count.',
  fix: 'Keep secrets out of what replies are built from; store hashes where no reply looks, and show masks instead of numbers.',
  phase: 'normal',
  cases: (plan) => repliesShown(plan, () => true),
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const answer = await replyTo(operation, alice, probe)
    const { token } = await alice.session()
    const secrets = secretsIn(answer.json ?? wordsOf(answer.text), readerOf(operation, probe, alice.subject, token))
    const [worst] = [...secrets].sort((one, other) => RANK.indexOf(one.severity) - RANK.indexOf(other.severity))
    if (!worst) return pass('no secret by name or shape', answer)
    const told = secrets.map(({ at, what }) => `${what} at ${at === '' ? 'the root' : at}`)
    return {
      ...fail(`${operation.id} shows ${[...new Set(told)].slice(0, 8).join(', ')}`, answer),
      severity: worst.severity,
    }
  },
}

/** Exports and pages: every word, and the whole for what spans several. */
const wordsOf = (text: string): readonly string[] => [text, ...text.split(/[\s;"'<>]+|,(?![tp]=)/)]

const RANK: readonly AttackSeverity[] = ['critical', 'high', 'medium', 'low', 'info']
/** The card number of made-up bodies. */
const OUR_CARD = '4111111111111111'

function readerOf(operation: Operation, { plan }: Probe, subject: string | null, token: string | null): Reader {
  const bodies = plan.operations.flatMap(({ samples }) => samples.map(({ body }) => JSON.stringify(body) ?? ''))
  return { own: [...(token === null ? [] : [token]), OUR_CARD, ...bodies], subject, isRead: operation.method === 'GET' }
}
