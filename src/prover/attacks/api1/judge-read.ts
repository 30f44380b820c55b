import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Control, Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { canTell, leaks } from './plain-read.ts'
import { operationPrivacy, sayWhose } from './private-object.ts'

/** The verdict on an answer that may show somebody else's object. @param how - What the stranger did. */
export async function judgeRead(
  probe: Probe,
  operation: Operation,
  control: Control,
  answer: Answer,
  stranger: Identity,
  how = 'asks for it',
): Promise<Verdict> {
  const { thing } = control
  if (control.marks.length === 0 && !differs(answer, control.answer))
    throw new Inconclusive(`the owner's own answer shows nothing that only her object has`, control.answer, answer)
  if (!(await leaks(probe, operation, answer, control, stranger))) {
    if (succeeded(answer) && !(await canTell(probe, operation, control, stranger)))
      throw new Inconclusive(
        `${operation.id} shows the owner nothing that it does not show for a made-up id or of ${stranger.name} as well`,
        control.answer,
        answer,
      )
    return pass(`${stranger.name} ${how} and is answered ${answer.status}`, control.answer, answer)
  }
  if (thing === null) return fail(`${stranger.name} ${how} and is shown what is another's`, control.answer, answer)
  const nobody = await probe.send(control.draft, probe.nobody)
  if (await leaks(probe, operation, nobody, control, stranger))
    throw new NotTested(
      `anybody is shown it without a credential: either it is public, or no-credential says what is wrong`,
    )
  const privacy = await operationPrivacy(probe, thing, stranger, operation)
  if (privacy.is === 'shared') return pass(`${stranger.name} may read it: ${privacy.why}`, control.answer, answer)
  if (privacy.is === 'unknown') throw sayWhose(thing, privacy)
  return fail(
    `${stranger.name} ${how} and is shown the ${thing.resource.name} of ${thing.owner.name} (${privacy.why})`,
    control.answer,
    answer,
  )
}
