import type { Answer } from '../../engine/exchange.ts'
import type { Identity } from '../../identities.ts'
import type { Operation, Resource } from '../../plan/plan.ts'
import type { Probe } from '../../probe.ts'
import { succeeded } from '../../success.ts'
import { NotTested } from '../../verdict.ts'
import type { Thing } from '../../world.ts'
import { madeThing } from '../made-thing.ts'
import { type Shown, shownThing, shownWhole } from './shown-object.ts'

export type Alter = (body: unknown) => unknown
export type WriteKind = 'register' | 'create' | 'update'

/** One write, and the object as its owner reads it afterwards (rule f): an echo in the write's own reply counts for nothing. */
export interface Write {
  readonly answer: Answer
  readonly read: Answer | null
  /** Null where the write was refused, or its owner is not shown the object. */
  readonly shown: Shown | null
  readonly thing: Thing | null
}

export interface Writer {
  readonly operation: Operation
  readonly resource: Resource | null
  readonly owner: Identity
  /** What is written is the caller's own account or the like, of which there is one. */
  readonly isSelf: boolean
  /** It was there before and stays: what is changed of it is put back. */
  readonly isBorrowed: boolean
  write(alter: Alter, mediaType?: string): Promise<Write>
}

/** What kind of write an operation is; null where it is none that can be read back. */
export function writeKindOf(
  operation: Operation,
  find: (id: string | null) => Operation | null,
  resources: readonly Resource[],
  register: string | null,
): WriteKind | null {
  if (operation.id === register) return 'register'
  const resource = resources.find(({ name }) => name === operation.resource)
  if (operation.purpose === 'create' && resource && find(resource.read ?? resource.list)) return 'create'
  const reader =
    find(`GET ${operation.path}`) ??
    (operation.purpose === 'update' && resource ? find(resource.read ?? resource.list) : null)
  return ['PUT', 'PATCH'].includes(operation.method) && reader ? 'update' : null
}

/** @throws {NotTested | Inconclusive} Where there is nothing to write on. */
export async function writerOf(operation: Operation, owner: Identity, kind: WriteKind, probe: Probe): Promise<Writer> {
  if (kind === 'register') return registering(operation, owner, probe)
  const resource = operation.resource === null ? null : probe.resource(operation.resource)
  // What a first one is made with tells what every further one needs.
  if (kind === 'create' && resource) await probe.object(resource.name, owner).catch(() => null)
  return kind === 'create' && resource
    ? creating(operation, resource, owner, probe)
    : updating(operation, resource, owner, probe)
}

function creating(operation: Operation, resource: Resource, owner: Identity, probe: Probe): Writer {
  const reader = probe.operation(resource.read) ?? probe.operation(resource.list)
  if (reader === null) throw new NotTested(`no operation reads a ${resource.name}`)
  return {
    operation,
    resource,
    owner,
    isSelf: false,
    isBorrowed: false,
    async write(alter, mediaType) {
      const draft = await probe.draft(operation, owner)
      const answer = await probe.send(
        { ...draft, body: alter(draft.body), mediaType: mediaType ?? draft.mediaType },
        owner,
      )
      const thing = await madeThing(probe, operation, owner, answer)
      if (thing === null) return { answer, read: null, shown: null, thing }
      const read = await probe.send(await probe.draft(reader, owner, { things: [thing] }), owner)
      return { answer, read, shown: succeeded(read) ? shownThing(read.json, thing) : null, thing }
    },
  }
}

/** On one throw-away object; on a throw-away account where the object is the caller himself. */
async function updating(
  operation: Operation,
  resource: Resource | null,
  user: Identity,
  probe: Probe,
): Promise<Writer> {
  const reader =
    probe.operation(`GET ${operation.path}`) ??
    probe.operation(resource?.read ?? null) ??
    probe.operation(resource?.list ?? null)
  if (reader === null) throw new NotTested(`nothing reads back what ${operation.id} changes`)
  const isSelf = resource === null || resource.isUser
  const owner = isSelf ? await ownAccount(user, probe) : user
  const thing =
    resource === null
      ? null
      : isSelf
        ? await probe.object(resource.name, owner)
        : await changeable(resource, owner, probe)
  const things = thing === null ? {} : { things: [thing] }
  const isBorrowed = thing === null || !thing.made
  const shownIn = (read: Answer): Shown | null =>
    succeeded(read) ? ((thing && shownThing(read.json, thing)) ?? shownWhole(read.json)) : null
  const first = isBorrowed ? shownIn(await probe.send(await probe.draft(reader, owner, things), owner)) : null
  return {
    operation,
    resource,
    owner,
    isSelf,
    isBorrowed,
    async write(alter, mediaType) {
      const draft = await probe.draft(operation, owner, things)
      const body = isBorrowed ? asItIs(draft.body, first) : draft.body
      const answer = await probe.send({ ...draft, body: alter(body), mediaType: mediaType ?? draft.mediaType }, owner)
      if (!succeeded(answer)) return { answer, read: null, shown: null, thing }
      const read = await probe.send(await probe.draft(reader, owner, things), owner)
      return { answer, read, shown: shownIn(read), thing }
    },
  }
}

const CREDENTIAL = /^(e-?mail|user_?name|login|phone|(new_?|old_?|current_?)?(password|passphrase))/i

/** What is shown stays as it is, and how the account signs in too. */
function asItIs(body: unknown, current: Shown | null): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const entries = Object.entries(body).flatMap(([name, value]) => {
    const held = current?.[name]
    if (held !== undefined && held !== null) return [[name, held]]
    return CREDENTIAL.test(name) ? [] : [[name, value]]
  })
  return Object.fromEntries(entries) as unknown
}

/** A fresh object; where none can be made, the owner's own, which is put back as it was. */
const changeable = (resource: Resource, owner: Identity, probe: Probe): Promise<Thing> =>
  probe.fresh(resource.name, owner).catch((error: unknown) => {
    if (error instanceof NotTested) return probe.object(resource.name, owner)
    throw error
  })

/** One account for all of these attacks: what they change of it must not colour the others. */
const ownAccount = (user: Identity, probe: Probe): Promise<Identity> =>
  probe
    .shared('an account to change', () => probe.throwaway())
    .catch((error: unknown) => {
      if (error instanceof NotTested) return user
      throw error
    })

function registering(operation: Operation, owner: Identity, probe: Probe): Writer {
  const reader = probe.operation(probe.plan.auth.whoAmI)
  if (reader === null) throw new NotTested('nothing tells a caller who he is (GET /me), so nothing is read back')
  return {
    operation,
    resource: probe.plan.resources.find(({ isUser }) => isUser) ?? null,
    owner,
    isSelf: true,
    isBorrowed: false,
    async write(alter) {
      const { answer, identity } = await probe.run.register(alter)
      if (identity === null) return { answer, read: null, shown: null, thing: null }
      const read = await probe.send(await probe.draft(reader, identity), identity)
      return { answer, read, shown: succeeded(read) ? shownWhole(read.json) : null, thing: null }
    },
  }
}
