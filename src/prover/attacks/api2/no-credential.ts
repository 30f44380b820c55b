import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { sameShape } from '../api5/same-shape.ts'
import { signedInReads } from '../signed-in.ts'

export const noCredential: Attack = {
  id: 'no-credential',
  number: 21,
  risk: 'API2',
  severity: 'critical',
  cwe: 306,
  title: 'Answers without a credential',
  references: ['OWASP API2:2023', 'ASVS 5.0 8.3.1'],
  maxRequests: 9,
  oracle: 'Nobody, or a garbage token, is answered what the signed-in caller is answered.',
  fix: 'Ask for a credential on every operation by default, and name the few that need none.',
  phase: 'normal',
  cases: (plan) => signedInReads(plan),
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const thing = await ownThing(operation, alice, probe)
    const { control, nobody, garbage } = await probe.baseline(operation, alice, thing)
    const opened = [nobody, garbage].find((answer) => probe.shows(answer, control) || isSame(answer, control.answer))
    if (opened === undefined && isGuarded(operation)) {
      const empty = [nobody, garbage].find((answer) => succeeded(answer) && sameShape(answer, control.answer))
      if (empty !== undefined && !(await isSoftMiss(empty, operation, alice, probe)))
        return {
          ...fail(
            `${operation.id} answers ${empty.status} without a valid credential, though it shows nothing of ${alice.name}`,
            control.answer,
            empty,
          ),
          severity: 'medium',
        }
    }
    if (opened === undefined)
      return pass(`nobody is answered ${nobody.status}, garbage ${garbage.status}`, nobody, garbage)
    // A document that asks for no credential anywhere may speak of a public API: only what is somebody's own tells.
    if (operation.access === 'unknown' && !isPersonal(control, alice))
      throw new NotTested(
        `nothing says who may call ${operation.id}, and it answers anyone; if that is meant, write operations: ` +
          `{ '${operation.id}': { access: public } }`,
      )
    return fail(`${operation.id} answers ${opened.status} without a valid credential`, control.answer, opened)
  },
}

/** Whether a contract asks for a credential, whatever there is to show. What a document marks with `security` may still have a public part. */
const isGuarded = ({ access, rule }: Operation): boolean =>
  rule !== null && (access === 'signed-in' || access === 'admin')

/** The same as for an id that names nothing: a refusal in the clothes of a success. */
async function isSoftMiss(answer: Answer, operation: Operation, owner: Identity, probe: Probe): Promise<boolean> {
  const named = operation.references.findLast((each) => each.in === 'path' && each.of === 'object')
  if (named === undefined) return false
  const thing = await probe.object(named.resource, owner)
  return !differs(answer, await probe.missing(operation, owner, thing))
}

/** An object of the owner's that the answer should show, so that a public part is told from what is his. */
async function ownThing(operation: Operation, owner: Identity, probe: Probe): Promise<Thing | null> {
  if (operation.resource === null) return null
  if (operation.purpose === 'read') return probe.object(operation.resource, owner)
  if (operation.purpose !== 'list') return null
  return probe.object(operation.resource, owner).catch((error: unknown) => {
    if (error instanceof NotTested || error instanceof Inconclusive) return null
    throw error
  })
}

const isSame = (answer: Answer, control: Answer): boolean =>
  succeeded(answer) && answer.status === control.status && answer.text === control.text

/** Whether the answer holds what was planted in the owner's name, or the owner's own name or id. */
function isPersonal({ answer, thing }: Control, { plan, subject }: Identity): boolean {
  const signs = [thing?.canary, plan.account?.username, subject !== null && subject.length >= 6 ? subject : null]
  return signs.some((sign) => typeof sign === 'string' && answer.text.includes(sign))
}
