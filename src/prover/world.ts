import type { Answer, Draft } from './engine/exchange.ts'
import type { Identity } from './identities.ts'
import { type BuiltDraft, buildDraft } from './plan/build-draft.ts'
import { isUserWord, resourceInName } from './plan/names.ts'
import type { Operation, Plan, Reference, Resource } from './plan/plan.ts'
import { token } from './plan/sample.ts'
import { at, leavesOf } from './pointer.ts'
import { idOfSelf, selfIn, tenantOfSelf } from './self.ts'
import { succeeded } from './success.ts'
import { Inconclusive, NotTested } from './verdict.ts'

/** An object of a resource that belongs to an identity. */
export interface Thing {
  readonly resource: Resource
  readonly id: string
  readonly owner: Identity
  /** A text that is nowhere else, planted when it was made; null where it could not be. */
  readonly canary: string | null
  /** As its owner was shown it when it was made or found; undefined when never. */
  readonly data: unknown
  /** What it stands under, outermost first, itself last. */
  readonly chain: readonly Thing[]
  /** Made by this run: may be destroyed by it. */
  readonly made: boolean
  /** Whose thing it was made with, who may be a party to it: the seller of what was bought. */
  readonly lentBy?: string
}

/** Sends for the set-up: patient, and never part of an attack's budget. */
export type SetUpSend = (draft: Draft, as: Identity, purpose: string) => Promise<Answer>

/** The objects of a run: made or found as their owners, once, and shared between attacks that do not destroy them. */
export class World {
  readonly #plan: Plan
  readonly #send: SetUpSend
  readonly #random: () => number
  readonly #things = new Map<string, Promise<Thing>>()
  /** Which objects wait for which others: two that need each other would wait for ever. */
  readonly #waits = new Map<string, Set<string>>()
  readonly #known = new Map<string, Promise<void>>()
  readonly #others: () => readonly Identity[]
  /** Operations that take nothing of one's own: nobody buys what he sells. */
  readonly #borrowing = new Set<string>()

  /** @param others - Everybody of the run: some things are made with what is somebody else's and open to all. */
  constructor(plan: Plan, send: SetUpSend, random: () => number, others: () => readonly Identity[] = () => []) {
    this.#plan = plan
    this.#send = send
    this.#random = random
    this.#others = others
  }

  /** The same objects as far as they need not be made: given, listed, mentioned. */
  withoutMaking(): World {
    return new World(
      {
        ...this.#plan,
        operations: this.#plan.operations.map((each) =>
          each.purpose === 'create' ? { ...each, leftOut: true } : each,
        ),
      },
      this.#send,
      this.#random,
      this.#others,
    )
  }

  operation(id: string | null): Operation | null {
    const found = id === null ? undefined : this.#plan.operations.find((each) => each.id === id && !each.leftOut)
    return found ?? null
  }

  resource(name: string): Resource {
    const found = this.#plan.resources.find((each) => each.name === name)
    if (!found) throw new NotTested(`nothing is known of the resource ${name}`)
    return found
  }

  /** An object that nobody destroys. @throws {NotTested | Inconclusive} Where none can be had. */
  object(name: string, owner: Identity): Promise<Thing> {
    return this.#object(name, owner, null)
  }

  /** @param waiting - The object whose making asks for this one. */
  async #object(name: string, owner: Identity, waiting: string | null): Promise<Thing> {
    const key = `${name} ${owner.name}`
    if (waiting !== null) this.#wait(waiting, key)
    const known = this.#things.get(key)
    if (known) return known
    const found = this.#find(this.resource(name), owner, key)
    this.#things.set(key, found)
    return found
  }

  #wait(waiting: string, key: string): void {
    const reaches = (from: string, seen: Set<string>): boolean => {
      if (from === waiting) return true
      if (seen.has(from)) return false
      seen.add(from)
      return [...(this.#waits.get(from) ?? [])].some((next) => reaches(next, seen))
    }
    if (reaches(key, new Set()))
      throw new NotTested(`${key.split(' ')[0]} and ${waiting.split(' ')[0]} each need the other to be made first`)
    const others = this.#waits.get(waiting) ?? new Set()
    this.#waits.set(waiting, others.add(key))
  }

  /**
   * Learns who an identity is to the API: its id, its tenant, its own record. From the configuration, `GET /me`,
   * the reply of the login and the token, in this order; asked once and only where something needs it.
   */
  async know(identity: Identity): Promise<void> {
    const { login } = await identity.session()
    const known = this.#known.get(identity.name)
    if (known) return known
    const asked = this.#ask(identity, login)
    this.#known.set(identity.name, asked)
    await asked
  }

  async #ask(identity: Identity, login: Answer | null): Promise<void> {
    identity.about ??= selfIn(login?.json)
    const isNeeded =
      this.#plan.resources.some(({ isUser, isTenant }) => isUser || isTenant) ||
      this.#plan.operations.some(({ references }) => references.some(({ of }) => of !== 'object'))
    const operation = this.operation(this.#plan.auth.whoAmI)
    if (isNeeded && operation !== null) {
      const draft = buildDraft(operation, { ...this.#fill(identity), ids: {} })
      const answer = await this.#send(draft, identity, `set-up: who ${identity.name} is`).catch(orNothing)
      if (answer && succeeded(answer)) identity.about = selfIn(answer.json) ?? identity.about
    }
    if (identity.plan.subject === null) identity.subject = idOfSelf(identity.about) ?? identity.subject
  }

  #fill(as: Identity) {
    return {
      identity: as.name,
      subject: as.subject,
      tenant: tenantOfSelf(as.about) ?? as.plan.tenant,
      random: this.#random,
    }
  }

  /** A new object for this call alone. @throws {NotTested} Where the resource cannot be created. */
  async fresh(name: string, owner: Identity): Promise<Thing> {
    const resource = this.resource(name)
    const made = await this.#create(resource, owner, null)
    if (made === null)
      throw new NotTested(`${name} cannot be created by ${owner.name}: no operation that makes one is known`)
    return made
  }

  /** An id of the same form that names nothing. */
  missingId(id: string): string {
    if (/^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(id))
      return id.replaceAll(/[0-9a-f]/gi, (digit, index: number) =>
        index === 14 || index === 19 ? digit : Math.floor(this.#random() * 16).toString(16),
      )
    if (/^\d+$/.test(id))
      return id.length > 9
        ? `9${id.slice(1).replaceAll(/\d/g, () => String(Math.floor(this.#random() * 10)))}`
        : '987654321'
    const lead = /^[a-z]+[_-]/i.exec(id)?.[0] ?? ''
    return (
      lead +
      [...id.slice(lead.length)]
        .map((character) => (/[a-z0-9]/i.test(character) ? token(this.#random)[0] : character))
        .join('')
    )
  }

  /** A whole request of this operation as the identity would send it about its own (or the given) objects. */
  async draft(
    operation: Operation,
    as: Identity,
    more: { readonly things?: readonly Thing[]; readonly canary?: string; readonly minimal?: boolean } = {},
  ): Promise<BuiltDraft> {
    return this.#draft(operation, as, more, null)
  }

  async #draft(
    operation: Operation,
    as: Identity,
    more: { readonly things?: readonly Thing[]; readonly canary?: string; readonly minimal?: boolean },
    waiting: string | null,
  ): Promise<BuiltDraft> {
    const ids: Record<string, string> = {}
    for (const thing of more.things ?? []) for (const each of thing.chain) ids[each.resource.name] = each.id
    await this.know(as)
    for (const reference of operation.references) {
      if (Object.hasOwn(ids, reference.resource) || reference.of === 'user') continue
      // What is made has no id yet.
      if (operation.purpose === 'create' && reference.in === 'body' && reference.resource === operation.resource)
        continue
      if (
        reference.in === 'query' &&
        !operation.read.parameters.some((each) => each.name === reference.name && each.required)
      )
        continue
      if (reference.in === 'header' || reference.in === 'cookie') continue
      const lent = this.#borrowing.has(operation.id) ? await this.#lent(reference, as) : null
      for (const each of lent?.chain ?? []) ids[each.resource.name] ??= each.id
      if (lent !== null) continue
      const found = await this.#object(reference.resource, as, waiting).catch((error: unknown) => {
        // An optional id in a body may stay as the sample has it.
        if (reference.in === 'path') throw error
        return null
      })
      for (const each of found?.chain ?? []) ids[each.resource.name] ??= each.id
    }
    return buildDraft(operation, {
      ...this.#fill(as),
      ids,
      ...(more.canary === undefined ? {} : { canary: more.canary }),
      ...(more.minimal === undefined ? {} : { minimal: more.minimal }),
    })
  }

  newCanary(): string {
    return `tpcanary${token(this.#random)}${token(this.#random)}`
  }

  async #find(resource: Resource, owner: Identity, key: string): Promise<Thing> {
    await this.know(owner)
    const self = resource.isUser ? selfId(owner, resource) : null
    if (self !== null) return this.#thing(resource, self, owner, null, owner.about ?? undefined, false, [])
    const reasons: string[] = []
    const attempt = async (make: () => Promise<Thing | null>): Promise<Thing | null> => {
      try {
        return await make()
      } catch (error) {
        if (!(error instanceof NotTested || error instanceof Inconclusive)) throw error
        reasons.push(error.message)
        return null
      }
    }
    const known = resource.known[owner.name]?.[0]
    const seen = resource.seen?.[owner.name]?.slice(0, MOST_SEEN) ?? []
    const tenant = resource.isTenant ? (tenantOfSelf(owner.about) ?? owner.plan.tenant) : null
    const ways = [
      () => this.#create(resource, owner, key),
      async () => (known === undefined ? null : this.#given(resource, owner, known, key)),
      () => this.#listed(resource, owner, key),
      () => this.#mentioned(resource, owner, key),
      ...seen.map((id) => () => this.#given(resource, owner, id, key)),
    ] as const
    // A tenant is had before anything begins: a new one would have no members.
    const order = resource.isTenant
      ? [
          ways[1],
          async () => (tenant === null ? null : this.#given(resource, owner, tenant, key)),
          ...ways.slice(2),
          ways[0],
        ]
      : ways
    for (const way of order) {
      const found = await attempt(way)
      if (found) return found
    }
    throw new NotTested(
      `no ${resource.name} of ${owner.name} is known${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}; ` +
        `add one: resources: { ${resource.name}: { ids: { ${owner.name}: [ … ] } } }`,
    )
  }

  async #parents(resource: Resource, owner: Identity, key: string | null): Promise<readonly Thing[]> {
    return resource.parent === null || resource.parent === resource.name
      ? []
      : (await this.#object(resource.parent, owner, key)).chain
  }

  /** @param key - What waits for it; null for a throw-away object, which nothing else waits for. */
  async #create(resource: Resource, owner: Identity, key: string | null): Promise<Thing | null> {
    const operation = this.operation(resource.create)
    if (operation === null) return this.#signedIn(resource, owner)
    const parents = await this.#parents(resource, owner, key)
    const canary = this.newCanary()
    const purpose = `set-up: ${owner.name} makes a ${resource.name}`
    let draft = await this.#draft(operation, owner, { things: parents, canary }, key)
    let answer = await this.#send(draft, owner, purpose)
    if ([400, 403, 409, 422].includes(answer.status)) {
      draft = await this.#draft(operation, owner, { things: parents, canary, minimal: true }, key)
      answer = await this.#send(draft, owner, purpose)
    }
    if (!succeeded(answer) && answer.status < 500 && this.#mayBorrow(operation, owner)) {
      this.#borrowing.add(operation.id)
      draft = await this.#draft(operation, owner, { things: parents, canary }, key)
      answer = await this.#send(draft, owner, purpose)
      if (!succeeded(answer)) this.#borrowing.delete(operation.id)
    }
    if (!succeeded(answer))
      throw new NotTested(`${operation.id} as ${owner.name} answered ${answer.status}${reasonOf(answer)}`)
    const id = (operation.produces && at(answer.json, operation.produces.id)) ?? idIn(answer, resource)
    if (typeof id !== 'string' && typeof id !== 'number')
      throw new NotTested(`${operation.id}: the reply holds no id of what it made; say where: produces`)
    const made = this.#thing(resource, String(id), owner, null, answer.json, true, parents)
    const lender = this.#borrowing.has(operation.id) ? this.#lender(owner) : undefined
    const thing = lender === undefined ? made : lent(made, lender)
    return draft.canaryAt === null ? thing : this.#withCanary(thing, canary, answer)
  }

  /** A session is made by signing in: it is the one that the list did not have before. Null for whatever is no session. */
  async #signedIn(resource: Resource, owner: Identity): Promise<Thing | null> {
    const list = this.operation(resource.list)
    if (list === null || resource.parent !== null || !/session$/i.test(resource.name)) return null
    const listed = async () => {
      const draft = await this.draft(list, owner)
      return itemsOf((await this.#send(draft, owner, `set-up: ${owner.name} lists ${resource.name}`)).json)
    }
    const idOf = (item: unknown) => at(item, `/${resource.id}`)
    const before = new Set((await listed()).map(idOf))
    await owner.open()
    const item = (await listed()).find((each) => !before.has(idOf(each)))
    const id = idOf(item)
    return typeof id === 'string' || typeof id === 'number'
      ? this.#thing(resource, String(id), owner, null, item, true, [])
      : null
  }

  /** Whether its body names something that is open to all, so that another's may stand there. */
  #mayBorrow(operation: Operation, as: Identity): boolean {
    const isOpen = operation.references.some((each) => this.#isOpen(each))
    return isOpen && !this.#borrowing.has(operation.id) && this.#lender(as) !== undefined
  }

  #lender(as: Identity): Identity | undefined {
    return this.#others().findLast(
      ({ plan }) => plan.kind === 'user' && plan.name !== as.name && plan.tenant === as.plan.tenant,
    )
  }

  #isOpen({ in: where, of, resource }: Reference): boolean {
    return where === 'body' && of === 'object' && this.resource(resource).private === 'no'
  }

  /** A new one of somebody else of the run, since it may be used up; null where there is none. */
  async #lent(reference: Reference, as: Identity): Promise<Thing | null> {
    const other = this.#lender(as)
    return other && this.#isOpen(reference) ? this.#create(this.resource(reference.resource), other, null) : null
  }

  /** A canary counts only where its owner can read it back. */
  async #withCanary(thing: Thing, canary: string, answer: Answer): Promise<Thing> {
    const planted = { ...thing, canary }
    const whole = { ...planted, chain: [...thing.chain.slice(0, -1), planted] }
    const shown = await this.read(whole).catch(() => answer)
    if (!shown.text.includes(canary)) return { ...thing, data: shown.json ?? thing.data }
    return { ...whole, data: shown.json }
  }

  /** The object as its owner reads it. @throws {NotTested} Where no operation reads it. */
  async read(thing: Thing): Promise<Answer> {
    const { resource, owner } = thing
    const reader = this.operation(resource.read) ?? this.operation(resource.list)
    if (reader === null) throw new NotTested(`no operation reads a ${resource.name}`)
    const draft = await this.draft(reader, owner, { things: [thing] })
    return this.#send(draft, owner, `set-up: ${owner.name} reads ${resource.name} ${thing.id}`)
  }

  async #given(resource: Resource, owner: Identity, id: string, key: string): Promise<Thing> {
    const thing = this.#thing(resource, id, owner, null, undefined, false, await this.#parents(resource, owner, key))
    const reader = this.operation(resource.read)
    if (reader === null) return thing
    const answer = await this.read(thing)
    if (!succeeded(answer)) throw new NotTested(`${resource.name} ${id} as ${owner.name} answered ${answer.status}`)
    return { ...thing, data: answer.json }
  }

  /** What the API says of the caller may name it (`practiceId`); a tenant that nobody named as one is had by its id. */
  async #mentioned(resource: Resource, owner: Identity, key: string): Promise<Thing | null> {
    const named = [...leavesOf(owner.about)].find(({ at: place }) => {
      const words = place.split('/').filter((part) => !/^\d*$/.test(part))
      const last = words.at(-1) ?? ''
      return (
        resourceInName(last)?.resource === resource.name ||
        (/^_?id$/i.test(last) && words.at(-2)?.toLowerCase() === resource.name.toLowerCase())
      )
    })?.value
    if (typeof named === 'string' || typeof named === 'number') return this.#given(resource, owner, String(named), key)
    if (resource.parent !== null || resource.read === null) return null
    // A member, patient or customer may be the caller; the API's own answer decides.
    const guess = isUserWord(resource.name) ? (owner.subject ?? owner.plan.tenant) : owner.plan.tenant
    return guess === null ? null : this.#given(resource, owner, guess, key)
  }

  async #listed(resource: Resource, owner: Identity, key: string): Promise<Thing | null> {
    const operation = this.operation(resource.list)
    if (operation === null) return null
    const parents = await this.#parents(resource, owner, key)
    const draft = await this.#draft(operation, owner, { things: parents }, key)
    const answer = await this.#send(draft, owner, `set-up: ${owner.name} lists ${resource.name}`)
    for (const item of itemsOf(answer.json)) {
      const id = at(item, `/${resource.id}`) ?? at(item, '/id')
      // The author of a book in a catalogue is nobody who signs in.
      const isOpen = resource.shared || resource.private === 'no'
      const theirs = resource.owner === null || isOpen ? undefined : at(item, `/${resource.owner}`)
      if (theirs !== undefined && owner.subject !== null && String(theirs) !== owner.subject) continue
      if (typeof id === 'string' || typeof id === 'number')
        return this.#thing(resource, String(id), owner, null, item, false, parents)
    }
    throw new NotTested(`${operation.id} as ${owner.name} answered ${answer.status} and lists none`)
  }

  #thing(
    resource: Resource,
    id: string,
    owner: Identity,
    canary: string | null,
    data: unknown,
    made: boolean,
    parents: readonly Thing[],
  ): Thing {
    requireNames(resource, id)
    const thing = { resource, id, owner, canary, data, made, chain: [] as Thing[] }
    thing.chain.push(...parents, thing)
    return thing
  }
}

/** Longer ones name nothing that can be asked for. */
const LONGEST_ID = 500

/**
 * What an answer says is an id may be none, and its object is changed and deleted: nothing may be named that this run did not make.
 * @throws {NotTested} For what names the collection, another path, or (a number that JSON.parse rounded) another object.
 */
export function requireNames({ name }: Resource, id: string): void {
  const isRounded = Number(id) > Number.MAX_SAFE_INTEGER && String(Number(id)) === id
  if (isRounded)
    throw new NotTested(`the id ${id} of the ${name} is a number beyond 2^53, which JSON cannot be trusted with`)
  if (/^\.{0,2}$/.test(id) || id.length > LONGEST_ID)
    throw new NotTested(`the reply names the ${name} "${id.slice(0, 40)}", which is no id`)
}

/** Recorded objects may be gone: a few are tried. */
const MOST_SEEN = 3

/** What cannot be tried or concluded is not known; anything else is a fault. */
function orNothing(error: unknown): null {
  if (error instanceof NotTested || error instanceof Inconclusive) return null
  throw error
}

/** The id of somebody's own record, as this resource names it: a user name where paths hold one. */
function selfId({ about, subject }: Identity, { id }: Resource): string | null {
  const named = at(about, `/${id}`)
  return typeof named === 'string' || typeof named === 'number' ? String(named) : subject
}

/** The items of a list reply: the first array of objects, at most two levels down. */
export function itemsOf(json: unknown, depth = 0): readonly unknown[] {
  if (Array.isArray(json)) return json.filter((item) => typeof item === 'object' && item !== null)
  if (typeof json !== 'object' || json === null || depth > 2) return []
  for (const value of Object.values(json)) {
    const found = itemsOf(value, depth + 1)
    if (found.length > 0) return found
  }
  return []
}

/** The id of what was made: the resource's id field at the root or one level down, or the end of Location. */
function idIn(answer: Answer, resource: Resource): unknown {
  const body = answer.json
  for (const name of [resource.id, 'id']) {
    const direct = at(body, `/${name}`)
    if (direct !== undefined) return direct
  }
  if (typeof body === 'object' && body !== null)
    for (const value of Object.values(body)) {
      const nested = at(value, `/${resource.id}`) ?? at(value, '/id')
      if (nested !== undefined) return nested
    }
  return answer.headers.location
    ?.split(/[?#]/)[0]
    ?.split('/')
    .findLast((part) => part !== '')
}

/** A short reason out of an error body. */
export function reasonOf({ text }: Answer): string {
  const line = text.replaceAll(/\s+/g, ' ').slice(0, 160)
  return line === '' ? '' : `: ${line}`
}

function lent(made: Thing, { name }: Identity): Thing {
  const thing = { ...made, lentBy: name }
  return { ...thing, chain: [...made.chain.slice(0, -1), thing] }
}
