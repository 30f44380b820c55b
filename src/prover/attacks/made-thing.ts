import type { Answer } from '../engine/exchange.ts'
import type { Identity } from '../identities.ts'
import type { Operation } from '../plan/plan.ts'
import { at } from '../pointer.ts'
import type { Probe } from '../probe.ts'
import { succeeded } from '../success.ts'
import { requireNames, type Thing } from '../world.ts'

/** What an answer of a creating operation says that it made; null where no id can be found. */
export async function madeThing(
  probe: Probe,
  operation: Operation,
  owner: Identity,
  answer: Answer,
): Promise<Thing | null> {
  if (!succeeded(answer) || operation.produces === null) return null
  const resource = probe.resource(operation.produces.resource)
  const id =
    at(answer.json, operation.produces.id) ??
    at(answer.json, '/id') ??
    answer.headers.location?.split(/[?#]/)[0]?.split('/').at(-1)
  if (typeof id !== 'string' && typeof id !== 'number') return null
  requireNames(resource, String(id))
  const parents =
    resource.parent === null || resource.parent === resource.name
      ? []
      : (await probe.object(resource.parent, owner)).chain
  const thing = { resource, id: String(id), owner, canary: null, data: answer.json, chain: [] as Thing[], made: true }
  thing.chain.push(...parents, thing)
  return thing
}

/** The texts in which a written value would stand: the object as its owner reads it, or the answer itself where nothing reads it. */
export async function readBack(probe: Probe, thing: Thing | null, answer: Answer): Promise<Answer> {
  if (thing === null) return answer
  const { read, list } = thing.resource
  if (probe.operation(read) === null && probe.operation(list) === null) return answer
  return probe.world.read(thing)
}
