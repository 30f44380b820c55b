import type { Attack, Case } from '../../attack.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { callerOf } from '../focus.ts'
import { readSample, SAMPLE_REQUESTS } from '../sampled-reads.ts'
import { settled } from '../settled.ts'

const A_DAY = 86_400_000

/** Where the clock can be moved, the end need not be waited for. Last of all, since everything else grows old as well. */
export const pastSunset: Attack = {
  id: 'past-sunset',
  number: 121,
  risk: 'API9',
  severity: 'medium',
  cwe: 1059,
  title: 'An operation will be served after its end',
  references: ['OWASP API9:2023', 'RFC 8594', 'RFC 9745'],
  maxRequests: SAMPLE_REQUESTS + 2,
  oracle:
    'The operation answers its owner today; with the clock moved past the day that its contract names, it still does.',
  fix: 'Answer 410 from that day on, by the same table that the document is made from.',
  phase: 'exhausting',
  cases: (plan) =>
    plan.operations.flatMap((operation): Case[] => {
      const caller = callerOf(plan, operation)
      const hasEnd = operation.extension?.sunset != null && operation.method === 'GET' && !operation.leftOut
      return hasEnd && caller ? [{ operation, owner: caller.name }] : []
    }),
  async run({ operation, owner = '' }: Case, probe) {
    const sunset = operation?.extension?.sunset
    if (!operation || sunset == null) throw new NotTested('it has no end')
    // Once for both runs of the case: time does not go back.
    const { control, owner: asked } = await probe.shared(`past ${operation.id}`, async () => {
      const left = Date.parse(sunset) - probe.now()
      if (!(left > 0)) throw new NotTested('its end is past: see after-sunset')
      if (!probe.timeIsOurs)
        throw new NotTested(`it ends on ${sunset}; attack it then, or attack the api module, whose clock can be moved`)
      const sample = await readSample(probe, { operation, owner })
      await probe.wait(left + A_DAY)
      return sample
    })
    const answer = await settled(probe, control.draft, probe.identity(asked))
    if ([404, 405, 410, 501].includes(answer.status))
      return pass(`after ${sunset} it answers ${answer.status}`, control.answer, answer)
    if (succeeded(answer))
      return fail(`${operation.id} ends on ${sunset} and answers ${answer.status} after it`, control.answer, answer)
    throw new Inconclusive(`${operation.id} answers ${answer.status} after ${sunset}, which says neither`, answer)
  },
}
