import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import { leavesOf } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { Inconclusive } from '../../verdict.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { idOfItem } from './lists.ts'

/** An object under its owner's eyes: what of it stays the same by itself, and whether somebody changed that. */
export interface Watched {
  readonly thing: Thing
  readonly before: Answer
  /** Reads it once more as its owner. `what` is null where nothing changed. */
  look(): Promise<{ readonly what: string | null; readonly answer: Answer }>
}

/**
 * Reads an object twice as its owner, so that what changes by itself is not taken for somebody's doing (rules d, f).
 * @throws {NotTested | Inconclusive} Where its owner cannot read it.
 */
export async function watch(probe: Probe, thing: Thing): Promise<Watched> {
  const [first, second] = [await probe.world.read(thing), await probe.world.read(thing)]
  const [one, other] = [stateOf(probe, first, thing), stateOf(probe, second, thing)]
  if (one === null || other === null)
    throw new Inconclusive(`${thing.owner.name} cannot read the ${thing.resource.name} back (${second.status})`, second)
  const stable = new Map([...one].filter(([place, value]) => other.get(place) === value))
  return {
    thing,
    before: second,
    async look() {
      const answer = await probe.world.read(thing)
      if (answer.status === 429 || answer.status >= 500 || answer.status === 0)
        throw new Inconclusive(`${thing.owner.name} is answered ${answer.status} when reading it back`, answer)
      return { what: difference(stable, other, stateOf(probe, answer, thing)), answer }
    },
  }
}

type State = ReadonlyMap<string, unknown>

/** What its owner is shown of it; null where it is not there. */
function stateOf(probe: Probe, answer: Answer, { resource, id }: Thing): State | null {
  if (!succeeded(answer) || answer.text === '') return null
  const isList = probe.operation(resource.read) === null
  const object = isList ? itemsOf(answer.json).find((item) => idOfItem(item, resource) === id) : answer.json
  if (object === undefined) return isList || answer.json !== undefined ? null : new Map([['', answer.text]])
  return new Map([...leavesOf(object)].map(({ at, value }) => [at, value]))
}

function difference(stable: State, whole: State, after: State | null): string | null {
  if (after === null) return 'it is gone'
  for (const [place, value] of stable)
    if (after.get(place) !== value) return `its ${place.slice(1)} was ${shown(value)} and is ${shown(after.get(place))}`
  for (const [place, value] of after) if (!whole.has(place)) return `it has a new ${place.slice(1)}: ${shown(value)}`
  return null
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80)

/**
 * A new object that an attack may spoil; where the object is a person, a throw-away account.
 * @param alone - It will be destroyed: no other case gets the same account.
 * @throws {NotTested} Where there is none.
 */
export async function victimOf(probe: Probe, resource: string, owner: Identity, alone: boolean): Promise<Thing> {
  if (!probe.resource(resource).isUser) return probe.fresh(resource, owner)
  const account = alone
    ? await probe.throwaway()
    : await probe.shared('api1 throw-away account', () => probe.throwaway())
  return probe.object(resource, account)
}
