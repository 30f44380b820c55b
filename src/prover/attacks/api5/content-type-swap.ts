import type { Attack, Case } from '../../attack.ts'
import type { Draft } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Plan } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { leafTexts } from '../../telling.ts'
import { fail, Inconclusive, NotTested, pass } from '../../verdict.ts'
import { madeThing, readBack } from '../made-thing.ts'
import { firstUser } from '../pairs.ts'
import { type Violation, violationsOf } from '../violations.ts'

export const contentTypeSwap: Attack = {
  id: 'content-type-swap',
  number: 87,
  risk: 'API5',
  severity: 'high',
  cwe: 436,
  title: 'Another content type skips the validation',
  references: ['OWASP API5:2023', 'RFC 9110 section 8.3', 'ASVS 5.0 1.5.3'],
  maxRequests: 14,
  oracle: 'A value that is refused as JSON is taken under another content type and read back.',
  fix: 'Take the declared content types alone (415 for any other) and validate what was parsed, not what the header says.',
  phase: 'normal',
  cases,
  async run({ operation, owner }: Case, probe) {
    if (!operation) return pass()
    const alice = probe.identity(owner)
    const { draft, violation, refused } = await refusedAsJson(probe, operation, alice)
    for (const { how, ...other } of swapped(draft, violation)) {
      const answer = await probe.send({ ...draft, ...other }, alice, { anyStatus: true })
      if (!succeeded(answer)) continue
      const shown = await readBack(probe, await madeThing(probe, operation, alice, answer), answer)
      if (succeeded(shown) && leafTexts(shown).has(violation.value))
        return fail(`${violation.what} is refused as JSON and taken ${how}`, refused, answer, shown)
    }
    return pass(`${violation.what} is refused under every content type`, refused)
  },
}

/** A whole valid request that is taken, and the same with a violation that is refused: the measure of everything else. */
async function refusedAsJson(probe: Probe, operation: Operation, alice: Identity) {
  const draft = await probe.draft(operation, alice)
  const control = await probe.send(draft, alice)
  if (!succeeded(control)) throw new Inconclusive(`a valid request is answered ${control.status} too`, control)
  const schema = jsonContent(operation)?.schema ?? {}
  let tries = 0
  for (const violation of violationsOf(schema, draft.body, probe.nonce())) {
    if (tries++ === 3) break
    const refused = await probe.send({ ...draft, body: violation.body }, alice)
    if ([400, 409, 422].includes(refused.status) || (refused.status === 200 && !succeeded(refused)))
      return { draft, violation, refused }
  }
  throw new NotTested('no value is refused as JSON, so there is no validation to go around')
}

function swapped(
  draft: Draft,
  { body }: Violation,
): readonly (Pick<Draft, 'body' | 'mediaType' | 'headers'> & { how: string })[] {
  const text = JSON.stringify(body)
  const as = (mediaType: string, content: unknown = text) => ({
    how: `as ${mediaType}`,
    mediaType,
    body: content,
    headers: draft.headers,
  })
  return [
    as('text/plain'),
    as('application/x-www-form-urlencoded', body),
    as('application/x-www-form-urlencoded'),
    as('application/vnd.api+json'),
    as('application/json; charset=utf-16'),
    as('text/json'),
    {
      ...as('application/json'),
      how: 'with an empty content type',
      headers: [...draft.headers, ['Content-Type', ''] as const],
    },
  ]
}

const jsonContent = (operation: Operation) =>
  operation.read.body?.content.find(({ mediaType }) => /^application\/json/.test(mediaType)) ?? null

/** Where something is made and can be read back; two are enough, since parsing is a matter of the server. */
function* cases(plan: Plan): Generator<Case> {
  const user = firstUser(plan)
  if (user === null) return
  const makers = plan.operations.filter(
    (each) =>
      each.purpose === 'create' &&
      each.produces !== null &&
      !each.leftOut &&
      each.access !== 'admin' &&
      jsonContent(each) !== null,
  )
  const telling = makers.filter((each) => !violationsOf(jsonContent(each)?.schema ?? {}, {}, 'x').next().done)
  for (const operation of telling.slice(0, 2)) yield { operation, owner: user.name }
}
