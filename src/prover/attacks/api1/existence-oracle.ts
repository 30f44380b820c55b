import type { Attack, Case } from '../../attack.ts'
import type { Answer } from '../../engine/exchange.ts'
import { fillPath } from '../../plan/build-draft.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, NotTested, pass } from '../../verdict.ts'
import { addressed, nothingKnown, pathObjects } from './object-cases.ts'
import { plainRead } from './plain-read.ts'
import { isGuessable } from './sequential-ids.ts'
import { mainReads } from './variants.ts'

/** 403 for what is somebody's, 404 for what is not there: a stranger learns which ids exist. */
export const existenceOracle: Attack = {
  id: 'existence-oracle',
  number: 19,
  risk: 'API1',
  severity: 'low',
  cwe: 204,
  title: "A refusal tells whether somebody else's object exists",
  references: ['OWASP API1:2023', 'RFC 9110 section 15.5.4', 'ASVS 5.0 8.2.2'],
  maxRequests: 8,
  oracle:
    'What a stranger is answered for an object of somebody else differs, in status or in its masked body, from what he is answered for an id that names nothing.',
  fix: 'Answer what the caller may not read as what never was: the same status and the same body.',
  phase: 'normal',
  cases: mainReads,
  async run({ operation, owner, attacker }: Case, probe) {
    const resource = operation ? addressed(probe.plan, operation) : null
    const last = operation ? pathObjects(operation).at(-1) : undefined
    if (!operation || !resource || !last) throw nothingKnown()
    const [alice, bob] = [probe.identity(owner), probe.identity(attacker)]
    const thing = await probe.object(resource.name, alice)
    const { control, isShown } = await plainRead(probe, operation, thing, bob)
    if (isShown) throw new NotTested(`${bob.name} is shown it, so nothing is refused: see object-read`)
    const asked = async (id: string) => {
      const params = { ...control.draft.params, [last.name]: id }
      const answer = await probe.send({ ...control.draft, path: fillPath(operation.path, params) }, bob)
      return { answer, plain: withoutId(answer, id) }
    }
    const denied = await asked(thing.id)
    if (succeeded(denied.answer))
      throw new NotTested(`${bob.name} is answered ${denied.answer.status} with something, so nothing is refused`)
    const [miss, another] = [
      await asked(probe.world.missingId(thing.id)),
      await asked(probe.world.missingId(probe.world.missingId(thing.id))),
    ]
    const { status } = miss.answer
    if (denied.answer.status === status && (differs(miss.plain, another.plain) || !differs(denied.plain, miss.plain)))
      return pass(`both are answered ${status} alike`, denied.answer, miss.answer)
    const ids = isGuessable(thing.id)
      ? 'and the ids can be guessed'
      : 'though the ids cannot be guessed, so that it tells only who has one already'
    const verdict = fail(
      `${bob.name} is answered ${denied.answer.status} for a ${resource.name} of ${alice.name} and ${status} for none` +
        `${denied.answer.status === status ? ', with another body' : ''}, ${ids}`,
      miss.answer,
      denied.answer,
    )
    return isGuessable(thing.id) ? verdict : { ...verdict, severity: 'info' }
  },
}

/** The answer as it would be for any id: the asked one is often repeated in it. */
function withoutId(answer: Answer, id: string): Answer {
  const isWord = /^[\w-]+$/.test(id)
  const text = isWord
    ? answer.text.replaceAll(/[\w-]+/g, (word) => (word === id ? '·' : word))
    : answer.text.replaceAll(id, '·')
  try {
    // A number in JSON is no JSON any more once it is masked.
    return { ...answer, text, json: answer.json === undefined ? undefined : JSON.parse(text) }
  } catch {
    return { ...answer, text, json: undefined }
  }
}
