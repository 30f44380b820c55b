import type { Identity } from '../../identities.ts'
import type { Operation } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { itemsOf, type Thing } from '../../world.ts'
import { snake } from '../api3/secrets.ts'
import { shownThing } from '../api3/shown-object.ts'

/** Numbers and lengths of lists that the caller is shown, by where they stand. */
export type Measures = ReadonlyMap<string, number>

/** Requests of one look: the object, what hangs below it, and two places each of money and of lists. */
export const LOOK_REQUESTS = 6

/** Numbers that move by themselves. */
const OF_ITSELF =
  /(^|_)(version|revision|views?|view_count|hits|seq|sequence|remaining|ttl|age|timestamp|time|uptime|updated|expires?(_in)?|page|limit|offset|requests?|calls|usage|attempts?|tries|log_?ins?)(_count)?$/
/** Lists that grow by every attempt. */
const DIARY = /log|audit|event|activit|notification|history|session/i
const PURSE = /(^|\/)(me|wallet|balance|accounts?|points|credits?|profile|budget|cart|whoami)\/?$/i

/** What the caller is shown of the object, of his money and of his lists. Nobody else acts meanwhile: such attacks run one at a time. */
export async function measuresOf(thing: Thing | null, owner: Identity, probe: Probe): Promise<Measures> {
  const found = new Map<string, number>()
  for (const operation of placesOf(thing, probe)) {
    const draft = await probe.draft(operation, owner, thing === null ? {} : { things: [thing] }).catch(() => null)
    if (draft === null) continue
    const answer = await probe.send(draft, owner)
    if (!succeeded(answer)) continue
    if (operation.purpose === 'list') found.set(`${operation.id} items`, itemsOf(answer.json).length)
    const own = thing === null ? null : shownThing(answer.json, thing)
    for (const [at, value] of numbersOf(own ?? (operation.purpose === 'list' ? null : answer.json), '', 0))
      found.set(`${operation.id} ${at}`, value)
  }
  return found
}

function placesOf(thing: Thing | null, { plan }: Probe): readonly Operation[] {
  const gets = plan.operations.filter((each) => each.method === 'GET' && !each.leftOut && each.access !== 'admin')
  const own = gets.filter(({ id }) => id === (thing?.resource.read ?? thing?.resource.list))
  const below = gets.filter(
    ({ path }) => own[0] !== undefined && path.startsWith(`${own[0].path}/`) && !path.endsWith('}'),
  )
  const plain = gets.filter(({ path, access }) => !path.includes('{') && access !== 'public')
  const purses = plain.filter(
    ({ id, path, purpose }) => purpose !== 'list' && (PURSE.test(path) || id === plan.auth.whoAmI),
  )
  const lists = plain.filter(
    ({ path, purpose, resource }) => purpose === 'list' && resource !== thing?.resource.name && !DIARY.test(path),
  )
  return [...own, ...below.slice(0, 1), ...purses.slice(0, 2), ...lists.slice(0, 2)]
}

function* numbersOf(value: unknown, at: string, depth: number): Generator<[string, number]> {
  if (Array.isArray(value)) yield [`${at} items`, value.length]
  else if (typeof value === 'object' && value !== null && depth < 4)
    for (const [name, child] of Object.entries(value)) yield* numbersOf(child, `${at}/${name}`, depth + 1)
  else if (typeof value === 'number' && !OF_ITSELF.test(snake(at.split('/').at(-1) ?? ''))) yield [at, value]
}

/** What moved, and by how much. */
export function moved(before: Measures, after: Measures): Measures {
  const all = [...after].map(([key, value]) => [key, value - (before.get(key) ?? value)] as const)
  return new Map(all.filter(([, by]) => by !== 0))
}
