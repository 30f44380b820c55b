import type { Attack, Case } from '../../attack.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation, Reference } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { NotTested, type Verdict } from '../../verdict.ts'
import { isRead, referenceCases, referenceOf, strangerNames } from './in-place.ts'
import { judgeWrite } from './judge-write.ts'
import { nothingKnown } from './object-cases.ts'
import { withIds } from './place-id.ts'
import { operationPrivacy, PRIVACY_REQUESTS } from './private-object.ts'
import { victimOf } from './read-back.ts'
import { tryTricks } from './variants.ts'

const MARK = 'turnpike-first-of-two'

/** The same key twice in one JSON object: parsers differ in which one counts. */
export const duplicateKey: Attack = {
  id: 'duplicate-key',
  number: 13,
  risk: 'API1',
  severity: 'high',
  cwe: 436,
  title: 'A JSON key that stands twice gets past the check',
  references: ['OWASP API1:2023', 'RFC 8259 section 4', 'ASVS 5.0 1.5.3', 'CWE-639'],
  maxRequests: 14 + PRIVACY_REQUESTS,
  oracle:
    "The id alone is refused; beside the other user's own under the same key it shows the owner's canary, or the owner reads the object back changed.",
  fix: 'Refuse JSON with a repeated key, and parse a body once for all who read it.',
  phase: 'normal',
  cases: (plan) =>
    referenceCases(
      plan,
      'one',
      (reference, { method }) =>
        reference.in === 'body' && !reference.many && reference.of === 'object' && method !== 'DELETE',
    ),
  async run(it, probe) {
    const { operation } = it
    const reference = referenceOf(it)
    if (!operation || !reference) throw nothingKnown()
    if (!isRead(operation)) return twiceInWrite(it, probe, operation, reference)
    return tryTricks(it, probe, ({ own, ownId, theirId }) =>
      [
        [ownId, theirId],
        [theirId, ownId],
      ].map(([first = '', second = '']) => ({
        how: `asks with ${reference.name} twice, ${first === ownId ? 'his own first' : 'his own last'}`,
        draft: twice(own, reference, first, second),
      })),
    )
  },
}

/** The body as text, with the key given again. */
function twice(draft: BuiltDraft, { name }: Reference, first: string, second: string): BuiltDraft {
  const isNumber = typeof at(draft.body, name) === 'number'
  const written = (id: string) => (isNumber ? id : JSON.stringify(id))
  const key = JSON.stringify(name.split('/').at(-1))
  const held = JSON.stringify(withAt(draft.body, name, MARK))
  return { ...draft, body: held.replace(JSON.stringify(MARK), `${written(first)},${key}:${written(second)}`) }
}

async function twiceInWrite(it: Case, probe: Probe, operation: Operation, reference: Reference): Promise<Verdict> {
  const [alice, bob] = [probe.identity(it.owner), probe.identity(it.attacker)]
  const plain = await strangerNames(it, probe)
  if (plain.outcome === 'fail') throw new NotTested(`the id alone goes through too: see id-in-body`)
  const thing = await victimOf(probe, reference.resource, alice, false)
  const own = (await probe.object(reference.resource, bob)).id
  let last = plain
  for (const [first, second] of [
    [own, thing.id],
    [thing.id, own],
  ] as const) {
    const canary = probe.nonce()
    const draft = await probe.draft(operation, bob, { canary })
    last = await judgeWrite(probe, {
      operation,
      thing,
      attacker: bob,
      draft: twice(withIds(operation, draft, reference, [own]), reference, first, second),
      canary: draft.canaryAt === null ? null : canary,
      // That the owner's own goes through was seen with the plain id.
      control: null,
      how: `gives ${reference.name} twice, his own ${first === own ? 'first' : 'last'}, to ${operation.id},`,
      privacy: () => operationPrivacy(probe, thing, bob, operation),
    })
    if (last.outcome === 'fail') return last
  }
  return last
}
