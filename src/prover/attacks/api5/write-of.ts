import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { BuiltDraft } from '../../plan/build-draft.ts'
import type { Operation } from '../../plan/plan.ts'
import { at, withAt } from '../../pointer.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { differs } from '../../telling.ts'
import { NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { type Shown, shownThing } from '../api3/shown-object.ts'
import { madeThing } from '../made-thing.ts'
import { leavesWhole, standing, unchanging } from './as-it-stands.ts'

/** A changing request about objects that may be destroyed, and how its effect shows. */
export interface Write {
  readonly draft: BuiltDraft
  /** Who may send it: its control. */
  readonly owner: Identity
  /** Whether an effect could be seen at all. */
  readonly canTell: boolean
  /** The same request for an id that names nothing; null where it names none. */
  readonly missing: (() => Promise<BuiltDraft>) | null
  /** What shows the effect after a request; null: none. */
  effect(answer: Answer): Promise<Answer | null>
  /** Puts back what was there before the run; only where that is needed. */
  restore?(): Promise<void>
}

/** What must not be called to see whether it can be. */
export const isReckless = ({ path, method, purpose }: Operation): boolean =>
  /shut-?down|restart|reboot|re-?set|wipe|purge|truncate|flush|drop|maintenance|broadcast|migrat|restore|deploy|\/all$/i.test(
    path,
  ) ||
  // One setting of the whole API has no object of ours to try on.
  ((method === 'PUT' || method === 'PATCH' || method === 'DELETE') && purpose === 'action' && !path.includes('{'))

/**
 * The request as its owner would send it.
 * @param target - `missing`: an id that names nothing, and null where the operation names no object.
 */
export async function prepareWrite(
  probe: Probe,
  operation: Operation,
  owner: Identity,
  target: 'missing' | 'real',
): Promise<Write | null> {
  const name = operation.purpose === 'create' ? null : operation.resource
  if (name === null) return target === 'missing' ? null : ofNothing(probe, operation, owner)
  if (target === 'missing') {
    // The id of a user is known without making one; anything else is best tried on a real object at once.
    if (!probe.resource(name).isUser) return null
    const known = await probe.object(name, owner)
    const stranger = { ...known, id: probe.world.missingId(known.id) }
    return written(probe, operation, owner, { ...stranger, chain: [stranger] })
  }
  try {
    return await written(probe, operation, owner, await expendable(probe, name, owner))
  } catch (error) {
    if (!(error instanceof NotTested) || !leavesWhole(operation)) throw error
    return unmade(probe, operation, owner, name)
  }
}

/** On what was there before: a text that is put back, or else nothing but what stands there already. */
async function unmade(probe: Probe, operation: Operation, owner: Identity, name: string): Promise<Write> {
  const thing = await standing(probe, operation, name, owner)
  if (operation.method === 'POST') return written(probe, operation, owner, thing)
  const canary = probe.nonce()
  const planted = await probe.draft(operation, owner, { things: [thing], canary })
  const { canaryAt } = planted
  const still = unchanging(planted, thing)
  const isText = canaryAt !== null && typeof at(still.body, canaryAt) === 'string'
  const read = () => probe.world.read(thing).catch(() => null)
  const before = isText ? await read() : null
  const canTell = before !== null && succeeded(before)
  return {
    draft: isText && canaryAt !== null ? { ...still, body: withAt(still.body, canaryAt, canary) } : still,
    owner,
    canTell,
    missing: null,
    async effect() {
      const after = canTell ? await read() : null
      return after?.text.includes(canary) === true ? after : null
    },
    async restore() {
      if (isText) await probe.send(still, owner, { anyStatus: true })
    },
  }
}

/** An object that may be lost: a new one, of a user where the admin makes none, or the account of somebody to spare. */
async function expendable(probe: Probe, name: string, owner: Identity): Promise<Thing> {
  if (probe.resource(name).isUser) {
    const account = await probe.object(name, await probe.throwaway())
    return owner.plan.kind === 'admin' ? { ...account, owner } : account
  }
  const user = probe.run.identities.find(({ plan }) => plan.kind === 'user')
  return probe.fresh(name, owner).catch((error: unknown) => {
    if (!(error instanceof NotTested) || user === undefined || user === owner) throw error
    return probe.fresh(name, user)
  })
}

async function ofNothing(probe: Probe, operation: Operation, owner: Identity): Promise<Write> {
  const canary = probe.nonce()
  // By a contract the least is enough, and more may need what only a known caller has.
  const minimal = operation.rule !== null && operation.purpose === 'create'
  const draft = await probe.draft(operation, owner, { canary, minimal })
  return {
    draft,
    owner,
    canTell: false,
    missing: null,
    async effect(answer) {
      const made = await madeThing(probe, operation, owner, answer)
      if (made === null) return null
      const shown = await probe.world.read(made).catch(() => null)
      return shown !== null && succeeded(shown) && shown.text.includes(draft.canaryAt === null ? made.id : canary)
        ? shown
        : null
    },
  }
}

async function written(probe: Probe, operation: Operation, asked: Identity, thing: Thing): Promise<Write> {
  // A user acts on his own account; the admin on anybody's.
  const owner = thing.resource.isUser && asked.plan.kind !== 'admin' ? thing.owner : asked
  const canary = probe.nonce()
  const draft = await probe.draft(operation, owner, { things: [thing], canary })
  const read = () => probe.world.read(thing).catch(() => null)
  const before = await read()
  const removes = operation.method === 'DELETE' && operation.purpose === 'delete'
  const readable = before !== null && succeeded(before)
  // What changes from read to read, such as a count of views, is no effect.
  const again = readable && (removes || draft.canaryAt === null) ? await read() : before
  const canTell = readable && again !== null && (removes || draft.canaryAt !== null || !differs(before, again))
  return {
    draft,
    owner,
    canTell: canTell && (removes || draft.canaryAt !== null),
    missing: () => {
      const nothing = { ...thing, id: probe.world.missingId(thing.id) }
      return probe.draft(operation, owner, {
        things: [{ ...nothing, chain: [...thing.chain.slice(0, -1), nothing] }],
        canary,
      })
    },
    async effect() {
      const after = canTell ? await read() : null
      if (after === null || before === null) return null
      if (draft.canaryAt !== null) return after.text.includes(canary) ? after : null
      if (removes) return isGone(after, thing) || isMarked(shownThing(again?.json, thing), after, thing) ? after : null
      return succeeded(after) && differs(before, after) ? after : null
    },
  }
}

/** Whether its record, which was the same in two reads, is another now: a key that is revoked stays in the list. */
function isMarked(kept: Shown | null, after: Answer, thing: Thing): boolean {
  const now = shownThing(after.json, thing)
  return kept !== null && now !== null && JSON.stringify(kept) !== JSON.stringify(now)
}

/** By status, by an error in place of the object, or by a list that names it no more. A removed account cannot even sign in. */
function isGone(after: Answer, { id, resource }: Thing): boolean {
  if (after.status === 404 || after.status === 410) return true
  if (after.status === 401) return resource.isUser
  return after.status < 300 && (!succeeded(after) || !after.text.includes(id))
}
