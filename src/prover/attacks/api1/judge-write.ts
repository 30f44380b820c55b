import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { isErrorBody, succeeded } from '../../success.ts'
import { fail, Inconclusive, pass, type Verdict } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import type { Privacy } from './privacy.ts'
import { sayWhose } from './private-object.ts'
import { watch } from './read-back.ts'

export interface Write {
  readonly operation: Operation
  /** Belongs to the victim, and is made for this attack alone. */
  readonly thing: Thing
  readonly attacker: Identity
  /** What the attacker sends. */
  readonly draft: BuiltDraft
  /** A text that the attacker writes; null where the request has no room for one. */
  readonly canary: string | null
  /** The same as its owner would send it: proves that a refusal is about who asks (rule a). Null where another control does. */
  readonly control: { readonly key: string; draft(): Promise<BuiltDraft> } | null
  readonly how: string
  /** Whether what went through was forbidden. Asked only then. */
  privacy(): Promise<Privacy>
  /** The attacker's request for an id that names nothing. */
  missing?(): Promise<BuiltDraft>
  /** Another place where the object may show, looked at last. */
  more?(answer: Answer): Promise<string | null>
}

/**
 * Sends a write and judges it by what the owner reads back (rule f), or by the owner's canary in the answer.
 * @throws {Inconclusive} Where the owner's own request does not go through either.
 */
export async function judgeWrite(probe: Probe, write: Write): Promise<Verdict> {
  const { thing, attacker, draft, how } = write
  const watched = await watch(probe, thing)
  const answer = await probe.send(draft, attacker)
  const { what, answer: after } = await watched.look()
  const seen = effectOf(write, answer, what, after) ?? (succeeded(answer) ? await write.more?.(answer) : null) ?? null
  if (seen === null) return held(probe, write, answer)
  const privacy = await write.privacy()
  if (privacy.is === 'shared') return pass(`${attacker.name} may: ${privacy.why}`, answer, after)
  if (privacy.is === 'unknown') throw sayWhose(thing, privacy)
  return fail(
    `${attacker.name} ${how} of ${thing.owner.name}, answered ${answer.status}: ${seen} (${privacy.why})`,
    watched.before,
    answer,
    after,
  )
}

function effectOf({ thing, canary }: Write, answer: Answer, what: string | null, after: Answer): string | null {
  if (canary !== null && after.text.includes(canary)) return `the owner reads back what was written`
  // A change beside a refusal may be the API's own work, such as a job that ends.
  if (what !== null && (answer.status < 400 || what === 'it is gone') && !isErrorBody(answer.json)) return what
  const mark = thing.canary
  return mark !== null && succeeded(answer) && answer.text.includes(mark) ? 'the answer shows the object' : null
}

/** Nothing happened. That proves something only where the owner's own request does something. */
async function held(probe: Probe, write: Write, answer: Answer): Promise<Verdict> {
  const { operation, thing, attacker, control, how } = write
  if (control === null) return pass(`${attacker.name} ${how} and is answered ${answer.status}`, answer)
  const own = await probe.shared(`api1 write ${control.key} ${thing.owner.name}`, async () => {
    const watched = await watch(probe, thing)
    const done = await probe.send(await control.draft(), thing.owner)
    return { done, what: (await watched.look()).what }
  })
  const { done, what } = own
  const passed = await letIn(probe, write, answer, done)
  if (passed !== null) return passed
  const isDenied = ({ status }: Answer) => [401, 403, 404].includes(status)
  if (operation.rule !== null && !succeeded(done) && isDenied(answer) && !isDenied(done))
    return pass(
      `${attacker.name} ${how} and is answered ${answer.status}; the owner comes as far as ${done.status}`,
      answer,
      done,
    )
  if (!succeeded(done) && done.status !== 302 && done.status !== 303)
    throw new Inconclusive(
      `${operation.id}: ${thing.owner.name}, whose it is, is answered ${done.status} too, so a refusal proves nothing`,
      answer,
      done,
    )
  if (what === null && succeeded(answer))
    throw new Inconclusive(
      `${attacker.name} is answered ${answer.status}, and what ${operation.id} does cannot be read back even by ${thing.owner.name}`,
      answer,
      done,
    )
  return pass(`${attacker.name} ${how} and is answered ${answer.status}; the owner finds nothing changed`, answer, done)
}

/**
 * Where the contract keeps the stranger out: he is answered what the owner is, and something else for an id that names nothing.
 * The object was then found for him, whatever became of it.
 */
async function letIn(probe: Probe, write: Write, answer: Answer, own: Answer): Promise<Verdict | null> {
  const { operation, thing, attacker, how, missing } = write
  const isAsOwner = answer.status === own.status && ![401, 403, 404].includes(answer.status)
  if (operation.rule === null || missing === undefined || !isAsOwner) return null
  if ((await write.privacy()).is !== 'private') return null
  const miss = await probe.send(await missing(), attacker)
  if (miss.status === answer.status) return null
  return {
    ...fail(
      `${attacker.name} ${how} of ${thing.owner.name} and is answered ${answer.status} as the owner is, and ${miss.status} for an id that names nothing; ` +
        'the contract keeps him out',
      own,
      miss,
      answer,
    ),
    severity: succeeded(answer) ? 'high' : 'low',
  }
}
