import type { Answer } from '../../engine/exchange.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { fail, Inconclusive, NotTested, pass, type Verdict } from '../../verdict.ts'
import { reasonOf } from '../../world.ts'
import { type Field, guess, isClosed } from './fields.ts'
import { holds, otherValue } from './other-value.ts'
import type { Shown } from './shown-object.ts'
import type { Write, Writer } from './writer.ts'

/** Fields of one case; more are of the same cause. */
const MOST_FIELDS = 6
/** Enough to tell the cause. */
const MOST_HITS = 3
/** Control, all at once, each alone, the test of a guess, putting back, somebody else's look. */
export const HUNT_REQUESTS = 6 + 2 * MOST_FIELDS + 5 * MOST_HITS

export interface Hunt {
  readonly writer: Writer
  /** What may be taken over, given the object after an ordinary write. */
  readonly fields: (shown: Shown) => readonly Field[]
  /** In place of the usual other value. */
  readonly value?: (field: Field, current: unknown) => unknown
  /** How it counts when the owner is shown the object no more. */
  readonly elsewhere?: (write: Write) => Promise<Answer | null>
}

interface Shot {
  readonly field: Field
  readonly value: unknown
}

interface Hit extends Shot {
  readonly write: Write
  readonly seen: Answer
}

/** Writes once as meant, then with fields that were not offered: first all at once, then each alone. A field counts when its value is read back. */
export async function huntFields(hunt: Hunt, probe: Probe): Promise<Verdict> {
  const { writer } = hunt
  const control = await writer.write((body) => body)
  const shown = requireShown(writer, control)
  const shots = hunt.fields(shown).flatMap((field): Shot[] => {
    const current = at(shown, field.readAt)
    const value = hunt.value ? hunt.value(field, current) : otherValue(field, current, probe.nonce())
    return value === undefined || holds(current, value) ? [] : [{ field, value }]
  })
  if (shots.length === 0)
    throw new Inconclusive(`${writer.operation.id}: no value is known that the fields do not hold already`)
  const hits = await tried(hunt, shots.slice(0, MOST_FIELDS), shown, probe)
  const [first] = hits
  if (!first)
    return pass(
      `none of ${shots
        .slice(0, MOST_FIELDS)
        .map(({ field }) => field.name)
        .join(', ')} is taken`,
      control.answer,
    )
  const told = hits.map(({ field, value }) => `${field.at.slice(1)}: ${JSON.stringify(value)}`).join(', ')
  const before = JSON.stringify(at(shown, first.field.readAt)) ?? 'nothing'
  return {
    ...fail(
      `${writer.operation.id} takes ${told} from the body, and it is read back (${first.field.name} was ${before})`,
      control.answer,
      ...hits.flatMap(({ write, seen }) => [write.answer, seen]),
    ),
    cause: `mass-assignment ${writer.operation.id}`,
  }
}

/**
 * What the owner is shown after an ordinary write: the control of every other one (rule a).
 * @throws {NotTested | Inconclusive} Where he cannot write, or is not shown what he wrote.
 */
export function requireShown(writer: Writer, control: Write): Shown {
  if ([400, 422].includes(control.answer.status))
    throw new NotTested(
      `the API takes no body that can be made up for ${writer.operation.id} (${control.answer.status}${reasonOf(control.answer)}); ` +
        `say one that works: operations: { '${writer.operation.id}': { body: { … } } }`,
    )
  if (control.shown === null)
    throw new Inconclusive(
      succeeded(control.answer)
        ? `${writer.operation.id}: what its owner wrote is not shown to him afterwards`
        : `${writer.operation.id}: the owner's own write is answered ${control.answer.status}`,
      ...[control.answer, control.read].filter((each) => each !== null),
    )
  return control.shown
}

async function tried(hunt: Hunt, shots: readonly Shot[], before: Shown, probe: Probe): Promise<readonly Hit[]> {
  const { writer } = hunt
  let suspects = shots
  if (shots.length > 1 && hunt.elsewhere === undefined) {
    const batch = await writer.write((body) =>
      shots.reduce((built, shot) => withAt(built, shot.field.at, shot.value), body),
    )
    if (succeeded(batch.answer)) suspects = shots.filter((shot) => isTaken(shot, batch.shown))
  }
  const hits: Hit[] = []
  for (const shot of suspects) {
    if (hits.length === MOST_HITS) break
    const hit = await alone(hunt, shot)
    if (hit && (shot.field.known || (await isMeant(hunt, hit, probe)))) hits.push(hit)
    if (hit && writer.isBorrowed)
      await writer.write((body) => withAt(body, shot.field.at, at(before, shot.field.readAt) ?? null))
  }
  return hits.length > 0 ? hits : asForm(hunt, shots)
}

async function alone(hunt: Hunt, shot: Shot, mediaType?: string): Promise<Hit | null> {
  const write = await hunt.writer.write((body) => withAt(body, shot.field.at, shot.value), mediaType)
  if (write.read !== null && isTaken(shot, write.shown)) return { ...shot, write, seen: write.read }
  const seen = write.shown === null && succeeded(write.answer) ? await hunt.elsewhere?.(write) : null
  return seen ? { ...shot, write, seen } : null
}

const isTaken = ({ field, value }: Shot, shown: Shown | null): boolean =>
  shown !== null && holds(at(shown, field.readAt), value)

/** A store that keeps whatever it is given gives a guessed name no meaning; rights on an account have one all the same. */
async function isMeant({ writer }: Hunt, { field }: Hit, probe: Probe): Promise<boolean> {
  if (isClosed(writer.operation) || (field.kind === 'privilege' && writer.isSelf)) return true
  const nonce = guess(`tp${probe.nonce().slice(-8)}`, 'plain')
  const write = await writer.write((body) => withAt(body, nonce.at, nonce.name))
  return !isTaken({ field: nonce, value: nonce.name }, write.shown)
}

/** The same as a form, where the operation takes one beside JSON: parsers and checks may differ. */
async function asForm(hunt: Hunt, shots: readonly Shot[]): Promise<readonly Hit[]> {
  const content = hunt.writer.operation.read.body?.content ?? []
  const form = content.find(({ mediaType }) => mediaType.startsWith('application/x-www-form-urlencoded'))
  const [shot] = shots.filter(({ field }) => field.known)
  if (!form || content.length < 2 || !shot) return []
  const hit = await alone(hunt, shot, form.mediaType)
  return hit ? [hit] : []
}
